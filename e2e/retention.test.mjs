// Holding and destroying in a browser: seen before it is done, blocked by a hold, and proved afterwards; with script and without.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { Examiner, fill, follow, heading, press, signInAs, visit } from './deciding.mjs'
import { PHONE, fitsWidth, given, untroubled, validHtml } from './support.mjs'

// Works with cases and looks after what is kept.
const BOTH = 'Police officer, vulnerability hub'
const NAME = 'Ottoline Quarrendon'
const RULE = '25 years after birth'

const here = given()

// Records quickly that nothing is shared about somebody, and goes to the matter that this opened.
async function matterAbout (page, name) {
  await visit(page, '/decide/not-sharing')
  await page.getByText('Add names, who asked, and when to look again').click()
  await fill(page, {
    'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'A neighbour asked', 'Why?': 'Not hers to know.',
    'Names of the people it is about': name
  })
  await press(page, 'Record this decision')
  await follow(page, 'A neighbour asked')
  return page.url()
}

async function references (page) {
  await page.getByText('References', { exact: true }).click()
}

async function downloaded (page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()])
  return download.path()
}

test('a hold keeps what is recorded, and once it is released what is destroyed is proved', async t => {
  const page = await here.open()
  const examiner = new Examiner()
  const look = () => examiner.page(page, { unfolded: true })
  let matter

  await t.test('there is a list of what is held, destroyed and brought back', async () => {
    await signInAs(page, BOTH)
    await follow(page, 'Keep or destroy')
    assert.match(await page.getByRole('main').innerText(), /Nothing is held now/)
    await look()
    await press(page, 'See what would be destroyed')
    assert.match(await page.title(), /^Error: /)
    await look()
  })

  await t.test('a matter is held from its own page, with the reason beside it', async () => {
    matter = await matterAbout(page, NAME)
    await references(page)
    await look()
    await follow(page, 'Place a legal hold on this matter')
    await look()
    assert.ok(await page.getByLabel('A matter').isChecked())
    await press(page, 'Place this hold')
    assert.match(await page.title(), /^Error: /)
    await page.getByRole('alert').getByRole('link', { name: 'Say why it is held.' }).click()
    assert.equal(await page.evaluate(() => document.activeElement.id), 'reason')
    await look()
    await fill(page, { 'Why is it held?': 'An inquest is open.' })
    await press(page, 'Place this hold')
    assert.match(await page.getByRole('status').innerText(), /The hold stands/)
    await look()
  })

  await t.test('nothing can be destroyed while it stands', async () => {
    await visit(page, matter)
    await references(page)
    await follow(page, /^See what would be destroyed/)
    assert.equal(await heading(page), `Destroy what is kept about ${NAME}`)
    await page.getByRole('heading', { name: 'A legal hold stands. Nothing can be destroyed.' }).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Destroy for good' }).count(), 0)
    await look()
    await follow(page, /A matter that this person is in is held/)
    await look()
    await press(page, 'Release this hold')
    assert.match(await page.title(), /^Error: /)
    await look()
    await fill(page, { 'Why is it released?': 'The inquest is over.' })
    await press(page, 'Release this hold')
    await look()
    await follow(page, 'The matter A neighbour asked')
    assert.match(await page.getByRole('main').innerText(), /The inquest is over\./)
    await look()
  })

  await t.test('what will go is shown, and it goes once somebody is sure', async () => {
    await visit(page, matter)
    await references(page)
    await follow(page, /^See what would be destroyed/)
    const said = await page.getByRole('main').innerText()
    for (const words of [/1 record of a person/, /1 matter/, /1 decision/, /Nobody can undo this\./]) assert.match(said, words)
    await look()
    await fill(page, { 'Which rule or instruction?': RULE })
    await press(page, 'Destroy for good')
    assert.match(await page.title(), /^Error: /)
    assert.equal(await page.getByRole('textbox', { name: 'Which rule or instruction?' }).inputValue(), RULE)
    await look()
    await fill(page, { 'On what does it rest?': 'A rule of our retention policy', 'Are you sure?': 'I know that nobody can undo this' })
    await press(page, 'Destroy for good')
    assert.equal(await heading(page), 'A certificate of destruction')
    const certificate = await page.getByRole('main').innerText()
    assert.match(certificate, /25 years after birth/)
    assert.doesNotMatch(certificate, /Quarrendon|neighbour/)
  })

  await t.test('the certificate is downloaded, and whoever has it can check it', async () => {
    // The next checkpoint follows within some seconds.
    for (let waited = 0; await page.getByRole('button', { name: 'Download with its proofs (JSON)' }).count() === 0; waited += 1) {
      assert.ok(waited < 20, 'the proofs do not come')
      await page.waitForTimeout(500)
      await visit(page, page.url())
    }
    await look()
    const pdf = readFileSync(await downloaded(page, 'Download as PDF'))
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-')
    const file = await downloaded(page, 'Download with its proofs (JSON)')
    const { ledger } = JSON.parse(readFileSync(file, 'utf8'))
    const { stdout } = await promisify(execFile)(here.sharewell.program, ['verify', file, '--key', ledger])
    assert.match(stdout, /The certificate .* holds\./)
    await follow(page, 'Keep or destroy')
    await look()
  })

  await t.test('what stood there says that it was destroyed', async () => {
    await visit(page, matter)
    assert.equal(page.shown.status(), 410)
    assert.equal(await heading(page), 'This was destroyed')
    await look()
  })

  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('on a phone and without script, somebody is destroyed all the same', async () => {
  const page = await here.open({ javaScript: false, viewport: PHONE })
  const looked = async () => validHtml(await page.shown.text(), page.url())
  await signInAs(page, BOTH)
  await matterAbout(page, 'Peregrin Quarrendon')
  await references(page)
  const reference = await page.locator('dt', { hasText: 'Peregrin' }).locator('+ dd').evaluate(one => one.firstChild.textContent.trim())
  await visit(page, '/retention')
  await looked()
  await fill(page, { 'The person’s reference': reference })
  await press(page, 'See what would be destroyed')
  await looked()
  await fill(page, {
    'On what does it rest?': 'An instruction', 'Which rule or instruction?': 'A court’s order', 'Are you sure?': 'I know that nobody can undo this'
  })
  await press(page, 'Destroy for good')
  assert.equal(await heading(page), 'A certificate of destruction')
  await looked()
  await page.goBack()
  assert.equal(await heading(page), 'This was destroyed', 'the page that was left is not shown again')
  untroubled(page)
  await page.context().close()
})

test('who only works with cases is offered none of it', async () => {
  const page = await here.open()
  await signInAs(page, 'Health visitor')
  assert.equal(await page.getByRole('link', { name: 'Keep or destroy' }).count(), 0)
  await visit(page, '/retention')
  assert.equal(page.shown.status(), 404)
  await fitsWidth(page)
  await page.context().close()
})
