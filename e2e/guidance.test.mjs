// The guidance and practice in a browser: valid, accessible, on a phone, without script, and with the keyboard.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { LAPTOP, PHONE, axe, fitsWidth, given, untroubled, validHtml } from './support.mjs'

const PAGES = [
  '/guidance', '/guidance/search?q=consent', '/guidance/search?q=', '/guidance/search?q=volcano', '/guidance/questions',
  '/guidance/law', '/guidance/law?on=2025-06-01', '/guidance/law?q=volcano', '/guidance/law?on=yesterday',
  '/guidance/law/6-1-e', '/guidance/law/lga-2000-s2', '/guidance/law/cpa-2026-csa', '/guidance/changes', '/guidance/methods',
  '/guidance/myths', '/guidance/signs', '/guidance/schemes', '/guidance/contacts', '/guidance/rules',
  '/guidance/read/say/record-it', '/practice', '/practice/belt', '/practice/gp-history'
]

const here = given()

test('every page of the guidance is valid, accessible and fits a phone', async () => {
  const page = await here.open({ viewport: PHONE })
  await page.goto('/guidance')
  const hrefs = await page.locator('main a[href^="/guidance/pages/"]').evaluateAll(links => links.map(link => link.getAttribute('href')))
  await page.goto('/guidance/schemes')
  hrefs.push(...await page.locator('main a[href^="/guidance/schemes/"]').evaluateAll(links => links.map(link => link.getAttribute('href'))))
  const problems = []
  for (const address of [...PAGES, ...hrefs]) {
    const answer = await page.goto(address)
    for (const check of [async () => validHtml(await answer.text(), address), () => axe(page), () => fitsWidth(page)]) {
      try { await check() } catch (problem) { problems.push(problem.message) }
    }
  }
  assert.deepEqual(problems, [])
  untroubled(page)
})

test('a story is tried and compared without script, signed out', async () => {
  const page = await here.open({ javaScript: false, viewport: PHONE })
  await page.goto('/practice')
  await page.locator('main a[href="/practice/belt"]').click()
  await page.getByRole('button', { name: 'Compare with the reasoned answer' }).click()
  assert.match(await page.title(), /^Error: /)
  await page.getByRole('radio', { name: 'Ask for advice' }).check()
  await page.getByRole('checkbox').first().check()
  await page.getByRole('button', { name: 'Compare with the reasoned answer' }).click()
  assert.equal(await page.getByText('They differ.').count(), 1)
  await fitsWidth(page)
  await page.getByRole('button', { name: "Walk through this story's answers" }).click()
  assert.match(await page.locator('h1').innerText(), /danger/i)
  assert.ok(await page.locator('input[name$="immediate_danger"][value="yes"]').isChecked())
  untroubled(page)
})

test('the states of practice are accessible: an error, and the comparison', async () => {
  const page = await here.open({ viewport: LAPTOP })
  await page.goto('/practice/belt')
  await page.getByRole('button', { name: 'Compare with the reasoned answer' }).click()
  await page.waitForURL('**/practice/belt')
  await page.getByText('There is something to put right').waitFor()
  await axe(page)
  await page.getByRole('radio', { name: 'Share', exact: true }).check()
  await page.getByRole('button', { name: 'Compare with the reasoned answer' }).click()
  await page.getByText('They are the same.').waitFor()
  await axe(page)
  untroubled(page)
})

test('the law is searched by word, part and day with the keyboard alone', async () => {
  const page = await here.open()
  await page.goto('/guidance/law')
  await page.getByLabel('Words in it').focus()
  await page.keyboard.type('recognised interest')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Tab')
  await page.keyboard.type('1 June 2025')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/guidance/law?*')
  const card = page.locator('.sw-law-card', { hasText: 'recognised legitimate interest' }).first()
  assert.match(await card.innerText(), /Not in force on 1 June 2025/)
  untroubled(page)
})
