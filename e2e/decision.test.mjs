// A whole decision in a browser: kept and talked through, with script and without, with the keyboard, recorded and corrected.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'

import { Examiner, add, answer, fill, focusShows, follow, heading, leads, normal, press, signInAs, visit, walk } from './deciding.mjs'
import { BELT, NO_RECIPIENT, SAID, SEEN, TOO_WIDE, TWO_PATIENTS } from './stories.mjs'
import { PHONE, fitsWidth, given, openPage, startSharewell, untroubled, validHtml } from './support.mjs'

const TEACHER = 'Teacher'
const REASONS = 'She told me herself, the marks are there, and he comes for her at a quarter past three.'

const here = given()

// Answers the first question, and begins: "Save and continue", or talking it through.
async function begin (page, { danger = 'No', crime, by = 'Save and continue' } = {}) {
  if (new URL(page.url()).pathname !== '/decide') await visit(page, '/decide')
  await answer(page, 'Danger now', danger)
  if (crime) await answer(page, 'A crime involving a child or an adult at risk', crime)
  await press(page, by)
}

// The answer's sentence, and the law that it relies on.
async function result (page) {
  assert.equal(await heading(page), 'The answer')
  const law = await page.locator('.sw-law-card:not(.sw-law-card--nearly):not(.sw-law-card--not-fitting)').allTextContents()
  const verdict = page.locator('.sw-verdict')
  return {
    law: law.join('\n'),
    title: (await verdict.getByRole('heading').innerText()).trim(),
    sentence: (await verdict.locator('.sw-verdict__sentence').innerText()).trim(),
    text: await page.getByRole('main').textContent()
  }
}

// What stands under one of the result's headings that sort the pieces of information.
async function pieces (page, title) {
  return page.getByRole('region', { name: title }).getByRole('listitem').allInnerTexts()
}

async function downloaded (page, link) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: link }).click()])
  const path = await download.path()
  return { path, bytes: readFileSync(path) }
}

// The words of a PDF, where a reader of PDFs is installed.
async function wordsOf (path) {
  try {
    const { stdout } = await promisify(execFile)('pdftotext', [path, '-'])
    return stdout.replace(/\s+/g, ' ')
  } catch (problem) {
    if (problem.code === 'ENOENT') return undefined
    throw problem
  }
}

async function record (page, { choice = 'Share', reasons = REASONS, about = 'A girl of nine, marks of a belt', ...others } = {}) {
  await fill(page, { 'What do you decide?': choice, 'Your reasons': reasons, 'Whom and what is this about, in a line?': about, ...others })
  await press(page, 'Record this decision')
}

test('a decision is made, recorded, printed and corrected', async t => {
  const page = await here.open()
  const examiner = new Examiner()
  const look = () => examiner.page(page)
  let decision

  await t.test('in danger, 999 is there after one answer', async () => {
    await visit(page, '/sign-in')
    await look()
    await signInAs(page, TEACHER)
    await look()
    await visit(page, '/decide')
    await look()
    await press(page, 'Save and continue')
    assert.match(await page.title(), /^Error: /)
    await look()
    await begin(page, { danger: 'Yes' })
    assert.equal(await heading(page), 'Do this now')
    await page.getByRole('link', { name: '999' }).first().waitFor()
    await look()
    await press(page, 'Go on with the decision')
  })

  await t.test('a question that cannot wait says what is to be put right', async () => {
    assert.equal(await heading(page), 'Are you worried about a child?')
    await answer(page, "A worry about a child's safety", 'Yes')
    await press(page, 'Save and continue')
    assert.match(await page.title(), /^Error: /)
    assert.ok(await page.getByRole('group', { name: "A worry about a child's safety" }).getByLabel('Yes').isChecked())
    await look()
    await fill(page, BELT['Are you worried about a child?'])
    await press(page, 'Save and continue')
  })

  await t.test('the answers are given page by page, with a mistake put right and nothing lost', async () => {
    const withMistake = async () => {
      await press(page, 'Add a piece of information')
      await look()
      await fill(page, { ...SAID, 'What is the information?': '', 'When did it happen?': { Day: '31', Month: '2', Year: '2026' } })
      await press(page, 'Save this piece')
      assert.match(await page.title(), /^Error: /)
      const summary = page.getByRole('alert')
      await summary.getByRole('link', { name: 'Enter the information.' }).click()
      assert.equal(await page.evaluate(() => document.activeElement.id), 'item-text')
      assert.match(await page.locator('#item-text-error').innerText(), /Enter the information\./)
      assert.match(await page.getByRole('group', { name: 'When did it happen?' }).innerText(), /Enter a real date/)
      assert.ok(await page.getByRole('group', { name: 'What kind of statement is it?' }).getByLabel('Allegation').isChecked())
      assert.equal(await page.getByRole('textbox', { name: 'Where does it come from?' }).inputValue(), 'the child')
      assert.equal(await page.getByRole('group', { name: 'When did it happen?' }).getByLabel('Month').inputValue(), '2')
      await examiner.page(page, { unfolded: true })
      await fill(page, { ...SAID, 'When did it happen?': { Day: '23', Month: '11', Year: '2026' } })
      await press(page, 'Save this piece')
      assert.match(await page.getByRole('main').innerText(), /1 piece of information/)
      await look()
      await add(page, SEEN)
      assert.match(await page.getByRole('main').innerText(), /2 pieces of information/)
      await look()
    }
    const visited = await walk(page, { ...BELT, 'What would you share?': withMistake }, { at: look })
    for (const asked of ['Who would receive it?', 'Were they asked, and what did they say?']) {
      assert.ok(visited.includes(asked), `${asked} is not asked in ${visited.join(' | ')}`)
    }
    assert.match(await page.getByRole('main').innerText(), /They were not asked/)
    await follow(page, 'See what to say and note when it was done')
    await look()
    await page.goBack()
  })

  await t.test('the steps can be seen at once', async () => {
    await visit(page, page.url().replace(/\/check$/, '/tasks'))
    assert.equal(await heading(page), 'This decision, step by step')
    await examiner.page(page, { unfolded: true })
    await follow(page, 'Check your answers')
  })

  await t.test('the answer says what to do first, then why, and by which law', async () => {
    await press(page, 'See the answer')
    const { law, title, sentence } = await result(page)
    assert.equal(title, 'Share')
    assert.match(sentence, /^Share\b/)
    assert.match(law, /section 175/)
    assert.match(law, /Article 6\(1\)\(e\)/)
    assert.equal((await pieces(page, 'Share these')).length, 2)
    const first = await page.getByRole('main').locator('.sw-do-now, .sw-verdict').first().innerText()
    assert.match(first, /^Do now/)
    await look()
    await examiner.page(page, { unfolded: true })
  })

  await t.test('it is recorded with reasons of one’s own', async () => {
    await press(page, 'Record your decision')
    assert.equal(await heading(page), 'Record your decision')
    await look()
    await record(page, { choice: 'Do not share' })
    assert.match(await page.title(), /^Error: /)
    assert.equal(await page.getByRole('textbox', { name: 'Your reasons' }).inputValue(), REASONS)
    await look()
    await page.getByRole('textbox', { name: /^Names of/ }).fill('Bryony Example')
    await record(page)
    decision = new URL(page.url()).pathname
    assert.match(decision, /^\/decisions\/[0-9a-f-]{36}$/)
    assert.match(await page.getByRole('main').innerText(), /She told me herself/)
    await look()
    await examiner.page(page, { unfolded: true })
  })

  await t.test('the record is had as a PDF and as data', async () => {
    const pdf = await downloaded(page, 'Download as PDF')
    assert.equal(pdf.bytes.subarray(0, 5).toString('latin1'), '%PDF-')
    const words = await wordsOf(pdf.path)
    if (words !== undefined) assert.ok(words.includes(REASONS), words)
    const { bytes } = await downloaded(page, 'Download as data (JSON)')
    const data = JSON.parse(bytes)
    assert.equal(data.advice.verdict, 'share')
    assert.equal(data.decision.own.reasons, REASONS)
  })

  await t.test('it is corrected by a later record, and both are seen', async () => {
    await press(page, 'Correct this record')
    assert.equal(await heading(page), 'Check your answers')
    await press(page, 'See the answer')
    await press(page, 'Record your decision')
    await look()
    await record(page, { about: 'A girl of ten, marks of a belt', 'What was wrong with the earlier record?': 'She is ten, not nine.' })
    assert.equal(await heading(page), 'A girl of ten, marks of a belt')
    assert.match(await page.getByRole('main').innerText(), /This corrects the record of [^:]+.*She is ten, not nine\./)
    await look()
    await follow(page, /^the record of/)
    assert.equal(new URL(page.url()).pathname, decision)
    assert.match(await page.getByRole('main').innerText(), /This was corrected by.*She is ten, not nine\./)
    await look()
    await follow(page, /under today/)
    await look()
  })

  await t.test('to somebody of another organisation it does not exist', async () => {
    const officer = await here.open()
    await signInAs(officer, 'Police officer')
    const answers = []
    for (const address of [decision, '/decisions/00000000-0000-7000-8000-000000000000']) {
      await visit(officer, address)
      assert.equal(officer.shown.status(), 404)
      answers.push(normal(await officer.shown.text()))
    }
    assert.equal(answers[0], answers[1])
    await examiner.page(officer)
    untroubled(officer)
    await officer.context().close()
  })

  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('a decision is made and recorded on a phone without script', async () => {
  const page = await here.open({ javaScript: false, viewport: PHONE })
  const look = async () => {
    await validHtml(await page.shown.text(), page.url())
    await fitsWidth(page)
  }
  await signInAs(page, TEACHER)
  await begin(page, { danger: 'Yes' })
  assert.equal(await heading(page), 'Do this now')
  await walk(page, BELT, { at: look })
  await press(page, 'See the answer')
  await look()
  assert.equal((await result(page)).title, 'Share')
  await press(page, 'Record your decision')
  await look()
  await press(page, 'Record this decision')
  assert.match(await page.title(), /^Error: /)
  await look()
  await record(page)
  await look()
  assert.match(await page.getByRole('main').innerText(), /She told me herself/)
  await page.context().close()
})

async function myWork () {
  const page = await here.open()
  await signInAs(page, TEACHER)
  await visit(page, '/')
  const shown = await page.getByRole('main').innerText()
  await page.context().close()
  return shown
}

test('a doctor talks it through without signing in: nothing is kept until she asks for it', async () => {
  const before = await myWork()
  const page = await here.open()
  const examiner = new Examiner()
  const asked = []
  page.on('request', request => asked.push(request.url()))
  const look = async () => {
    assert.equal(new URL(page.url()).pathname, '/talk')
    await examiner.page(page)
  }
  await visit(page, '/decide')
  await examiner.page(page)
  await begin(page, { crime: 'No', by: 'Talk it through without signing in' })
  await walk(page, TWO_PATIENTS, { at: look })
  await press(page, 'See the answer')
  await look()
  const { title, sentence, text } = await result(page)
  assert.equal(title, 'Share')
  assert.match((await pieces(page, 'Share these')).join(), /blacks out/)
  assert.match((await pieces(page, 'Leave these out')).join(), /knee surgery/)
  assert.match(text, /[Tt]ell (him|the person|them)/)
  await examiner.page(page, { unfolded: true })

  assert.deepEqual(asked.filter(url => new URL(url).search || /knee|drinks/.test(url)), [], 'nothing in an address')
  assert.deepEqual(await page.context().cookies(), [])
  assert.deepEqual(await page.evaluate(async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length]), [0, 0, 0])
  assert.equal(await myWork(), before, 'nothing is stored')

  await press(page, 'Sign in to keep and record this')
  await examiner.page(page)
  await signInAs(page, TEACHER)
  assert.match(new URL(page.url()).pathname, /^\/decide\/[0-9a-f-]{36}\/result$/)
  assert.equal((await result(page)).sentence, sentence)
  assert.match((await pieces(page, 'Leave these out')).join(), /knee surgery/)
  assert.notEqual(await myWork(), before, 'now it is among the drafts')
  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('a consent that is too wide is not relied on: the parents are asked afresh', async () => {
  const page = await here.open()
  const examiner = new Examiner()
  await signInAs(page, 'Social worker')
  await begin(page, { crime: 'No' })
  await walk(page, TOO_WIDE, { at: () => examiner.page(page) })
  await press(page, 'See the answer')
  const { law, title, text } = await result(page)
  assert.equal(title, 'Do not share')
  assert.doesNotMatch(law, /Article 6\(1\)\(a\)/)
  assert.match(text, /[Aa]sk (them|the person|the parents|her|him|again|afresh)/)
  assert.ok(await page.locator('.sw-would-change').getByRole('listitem').count() > 0, 'it says what would change the answer')
  await examiner.page(page)
  await examiner.page(page, { unfolded: true })
  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('with nobody named to receive it there is no answer yet, and the page says what is missing', async () => {
  const page = await here.open()
  const examiner = new Examiner()
  await signInAs(page, 'Health visitor')
  await begin(page, { crime: 'No' })
  await walk(page, NO_RECIPIENT, { at: () => examiner.page(page) })
  await press(page, 'See the answer')
  assert.equal((await result(page)).title, 'Something is still missing')
  assert.match(await page.getByRole('main').locator('.sw-do-now, .sw-verdict').first().innerText(), /social care/)
  await examiner.page(page)
  await examiner.page(page, { unfolded: true })
  const missing = page.getByRole('heading', { name: 'Still needed for an answer' }).locator('xpath=following-sibling::ul[1]')
  await leads(page, () => missing.getByRole('link', { name: /receive|recipient|role|team|named/i }).first().click())
  assert.equal(await heading(page), 'Who would receive it?')
  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('not sharing is recorded with three answers on one page', async () => {
  const page = await here.open()
  const examiner = new Examiner()
  await signInAs(page, TEACHER)
  const pages = []
  const look = async () => {
    pages.push(new URL(page.url()).pathname)
    await examiner.page(page)
  }
  await press(page, 'Start a decision')
  await look()
  await follow(page, /not sharing/)
  await look()
  await fill(page, { 'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'Too much', 'Why?': 'a'.repeat(2_200_000) })
  await press(page, 'Record this decision')
  assert.equal(page.shown.status(), 413)
  assert.equal(await heading(page), 'This is too much to send at once')
  await examiner.page(page)
  await page.goBack()
  await fill(page, { 'Why?': '' })
  await press(page, 'Record this decision')
  assert.match(await page.title(), /^Error: /)
  await examiner.page(page)
  const answers = {
    'What do you decide?': 'I am not sharing',
    'Whom and what is this about, in a line?': 'A neighbour asked about a pupil',
    'Why?': 'She has no part in it, and nobody is at risk.'
  }
  await fill(page, answers)
  await press(page, 'Record this decision')
  assert.ok(pages.length <= 2 && Object.keys(answers).length <= 3, `${pages}`)
  assert.match(new URL(page.url()).pathname, /^\/decisions\//)
  assert.match(await page.getByRole('main').innerText(), /Do not share[^]*She has no part in it/)
  await examiner.page(page)
  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('a draft is there again after the program was stopped and started', async () => {
  const data = mkdtempSync(join(tmpdir(), 'sharewell-e2e-'))
  const purpose = { 'What is it for, in one sentence?': 'So that somebody sees whether she eats.' }
  let own = await startSharewell({ data })
  try {
    const page = await openPage(here.browser, own.origin)
    await signInAs(page, TEACHER)
    await begin(page, { crime: 'No' })
    await walk(page, BELT, { until: 'Is there a clear and proper reason to share?' })
    await fill(page, purpose)
    // Never sent by its button: the page keeps it by itself.
    await page.getByText(/^Saved at /).waitFor()
    const address = new URL(page.url()).pathname
    await own.stop()
    await page.context().close()

    own = await startSharewell({ data })
    const again = await openPage(here.browser, own.origin)
    await signInAs(again, TEACHER)
    const draft = again.locator(`a[href="${address.replace(/\/[^/]+$/, '')}"]`)
    await leads(again, () => draft.click())
    assert.equal(await heading(again), 'Is there a clear and proper reason to share?')
    assert.equal(await again.getByRole('textbox', { name: Object.keys(purpose)[0] }).inputValue(), Object.values(purpose)[0])
    untroubled(again)
    await again.context().close()
  } finally {
    await own.stop()
    rmSync(data, { recursive: true, force: true })
  }
})

test('with the keyboard alone: what to do in danger, and the first answer, with the focus always seen', async () => {
  const page = await here.open()
  await visit(page, '/decide')
  const focused = () => page.evaluate(() => {
    const one = document.activeElement
    return { tag: one.localName, type: one.type, name: one.name, value: one.value, text: one.textContent.trim() }
  })
  const tabTo = async wanted => {
    for (let pressed = 0; pressed < 40; pressed++) {
      await page.keyboard.press('Tab')
      const here = await focused()
      assert.ok(await focusShows(page), `the focus is not seen on ${JSON.stringify(here)}`)
      if (wanted(here)) return here
    }
    assert.fail('it is not reached with the Tab key')
  }
  await tabTo(here => here.text === 'Skip to main content')
  await tabTo(here => here.tag === 'summary' && here.text.startsWith('Is a child in danger now?'))
  assert.equal(await page.getByRole('link', { name: '999' }).count(), 0)
  await page.keyboard.press('Enter')
  await page.getByRole('complementary').getByRole('link', { name: '999' }).first().waitFor()
  await tabTo(here => here.type === 'radio' && /immediate_danger/.test(here.name))
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  assert.equal((await focused()).value, 'no')
  assert.ok(await focusShows(page))
  await tabTo(here => here.type === 'radio' && /crime/.test(here.name))
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await tabTo(here => here.tag === 'button' && /^Talk it through/.test(here.text))
  await leads(page, () => page.keyboard.press('Enter'))
  assert.equal(await heading(page), 'Are you worried about a child?')
  untroubled(page)
  await page.context().close()
})

test('a session that ended and a lost network lose nothing that was typed', async () => {
  const page = await here.open()
  const purpose = 'What is it for, in one sentence?'
  await signInAs(page, TEACHER)
  await begin(page, { crime: 'No' })
  await walk(page, BELT, { until: 'Is there a clear and proper reason to share?' })
  const draft = new URL(page.url()).pathname.replace(/\/[^/]+$/, '')

  await page.context().setOffline(true)
  await fill(page, { ...BELT['Is there a clear and proper reason to share?'], [purpose]: 'So that she is fed.' })
  await page.getByRole('button', { name: 'Save and continue' }).click()
  await page.getByText('You are offline. What you typed is still on this page.').waitFor()
  assert.equal(await page.getByRole('textbox', { name: purpose }).inputValue(), 'So that she is fed.')
  await page.context().setOffline(false)
  // A second press within a second counts as a double click.
  await page.waitForFunction(() => navigator.onLine)
  await page.waitForTimeout(1200)

  await page.context().clearCookies()
  await press(page, 'Save and continue')
  assert.equal(await heading(page), 'Sign in to go on')
  await signInAs(page, TEACHER)
  assert.equal(await heading(page), 'What is the sharing for?')
  await visit(page, `${draft}/purpose`)
  assert.equal(await page.getByRole('textbox', { name: purpose }).inputValue(), 'So that she is fed.')
  untroubled(page)
  await page.context().close()
})
