// Emergency access as two people meet it: somebody on duty at night opens a matter that is closed to them, whoever advises sees it at once,
// it is ended, looked at, and what was found is told. With and without a script, with the keyboard, on a phone and a laptop.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Examiner, fill, focusShows, follow, heading, leads, press, signInAs, visit } from './deciding.mjs'
import { PHONE, given, untroubled } from './support.mjs'

const NIGHT = 'Emergency duty officer'
const ADVISER = 'Information governance lead'
const WORKER = 'Social worker'
const REASON = 'The police rang: he is alone, and I must know who may fetch him.'

const here = given()

// Where the worker's matter is, as they would tell it over the telephone.
async function reference () {
  const page = await here.open()
  await signInAs(page, WORKER)
  await visit(page, '/matters')
  await follow(page, /^Tarleton: enquiries/)
  return new URL(page.url()).pathname
}

const main = page => page.getByRole('main').innerText()
const menu = page => page.getByRole('navigation', { name: 'Menu' })

for (const javaScript of [true, false]) {
  test(`emergency access is begun, told, ended and looked at ${javaScript ? 'with' : 'without'} a script`, async t => {
    const examiner = new Examiner()
    const look = async page => { if (javaScript) await examiner.page(page, { unfolded: true }) }
    const open = async job => {
      const page = await here.open({ javaScript })
      await signInAs(page, job)
      return page
    }
    const [address, night, adviser] = [await reference(), await open(NIGHT), await open(ADVISER)]

    await t.test('what is not found leads on to it, the same for whatever is not there', async () => {
      await visit(night, '/matters')
      await look(night)
      await visit(night, address.replace(/[0-9a-f]{12}$/, '000000000000'))
      const missing = await main(night)
      await visit(night, address)
      assert.equal(await main(night), missing)
      await look(night)
      await follow(night, 'Emergency access')
      assert.equal(await heading(night), 'Emergency access')
      assert.equal(await night.getByLabel('The address or the reference of the matter').inputValue(), address.split('/').pop())
      const said = await main(night)
      for (const words of [/for 60 minutes at most/, /is told at once/, /looks at it by/, /You can change nothing/]) assert.match(said, words)
      await look(night)
    })

    await t.test('it needs a reason, and then the matter is open to read, with the time on every page', async () => {
      await press(night, 'Open the matter for 60 minutes')
      assert.match(await night.title(), /^Error: /)
      await look(night)
      await fill(night, { 'Why must you see it now?': REASON })
      await press(night, 'Open the matter for 60 minutes')
      assert.equal(new URL(night.url()).pathname, address)
      assert.match(await heading(night), /^Tarleton: enquiries/)
      const strip = night.getByRole('complementary', { name: 'Emergency access' })
      assert.match(await strip.innerText(), /Emergency access until \d{1,2}:\d\d[ap]m/)
      assert.equal(await night.getByRole('button', { name: 'Start a decision on this matter' }).count(), 0)
      await look(night)
      await follow(night, /^Asking the health visitor/)
      assert.ok(await strip.isVisible())
      await look(night)
      await visit(night, '/guidance')
      assert.ok(await strip.isVisible(), 'on every page')
    })

    await t.test('whoever advises sees it at once', async () => {
      await visit(adviser, '/')
      assert.match(await menu(adviser).innerText(), /Oversight \(\d due\)/)
      assert.match(await main(adviser), /Due now: to look at/)
      await look(adviser)
      await follow(adviser, /^Oversight/)
      assert.equal(await heading(adviser), 'Oversight')
      assert.match(await main(adviser), /1 running now|overdue/)
      await look(adviser)
      await follow(adviser, 'Emergency access')
      await look(adviser)
      await leads(adviser, () => adviser.getByRole('listitem').filter({ hasText: 'Running now' }).getByRole('link').click())
      const said = await main(adviser)
      for (const words of [REASON, 'A matter', 'A recorded decision', 'Wren Tarleton', 'Running now']) assert.ok(said.includes(words), `${words}: ${said}`)
      await look(adviser)
    })

    await t.test('it is ended by hand and closed at once', async () => {
      await press(night, 'End it now')
      assert.equal(await heading(night), 'Your emergency access')
      assert.match(await main(night), /ended by hand/)
      assert.ok(!(await main(night)).includes('Wren'), 'whom it was about is closed again')
      await look(night)
      await visit(night, address)
      assert.equal(await heading(night), 'There is nothing at this address')
    })

    await t.test('somebody else says what they found, and whoever had it reads that', async () => {
      await adviser.reload()
      await press(adviser, 'Keep what you found')
      assert.match(await adviser.title(), /^Error: /)
      await look(adviser)
      await fill(adviser, { 'Was it right?': 'More has to be asked', 'What did you find?': 'Who rang?' })
      await press(adviser, 'Keep what you found')
      assert.match(await main(adviser), /More is being asked/)
      await fill(adviser, { 'Was it right?': 'It was right', 'What did you find?': 'The police did.' })
      await press(adviser, 'Keep what you found')
      assert.match(await main(adviser), /Who rang\?[\s\S]*The police did\./)
      assert.equal(await adviser.getByRole('button', { name: 'Keep what you found' }).count(), 0)
      await look(adviser)
      await visit(night, '/')
      await leads(night, () => night.getByRole('listitem').filter({ hasText: 'It was right' }).getByRole('link').first().click())
      assert.match(await main(night), /The police did\./)
      await look(night)
    })

    assert.deepEqual(examiner.problems, [])
    untroubled(night)
    untroubled(adviser)
  })
}

test('it is begun with the keyboard alone, from the page of a person, on a phone', async () => {
  const page = await here.open({ viewport: PHONE })
  await signInAs(page, NIGHT)
  await visit(page, '/people')
  await fill(page, { 'Their whole name, as it is written here': 'Otis Tarleton', 'The year they were born': '2020', 'Why do you need to see them?': REASON })
  await press(page, 'Open their page')
  assert.equal(await heading(page), 'Otis Tarleton')
  assert.ok(!(await main(page)).includes('enquiries'), 'no matter is named')
  const link = page.getByRole('main').getByRole('link', { name: 'Emergency access' })
  await link.focus()
  assert.ok(await focusShows(page))
  await leads(page, () => page.keyboard.press('Enter'))
  assert.equal(await heading(page), 'Emergency access')
  await page.getByLabel('Why must you see it now?').focus()
  await page.keyboard.type(REASON)
  await page.keyboard.press('Tab')
  assert.ok(await focusShows(page))
  assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Go on')
  await leads(page, () => page.keyboard.press('Enter'))
  assert.match(await heading(page), /^Tarleton: enquiries/)
  const end = page.getByRole('button', { name: 'End it now' })
  await end.focus()
  assert.ok(await focusShows(page))
  await leads(page, () => page.keyboard.press('Enter'))
  assert.equal(await heading(page), 'Your emergency access')
  untroubled(page)
})

test('what is begun again and again stands in one line, which leads to each', async () => {
  const examiner = new Examiner()
  const [address, night, adviser] = [await reference(), await here.open(), await here.open()]
  await signInAs(night, NIGHT)
  for (let times = 0; times < 3; times++) {
    await visit(night, address)
    await follow(night, 'Emergency access')
    await fill(night, { 'Why must you see it now?': REASON })
    await press(night, 'Open the matter for 60 minutes')
    await press(night, 'End it now')
  }
  await signInAs(adviser, ADVISER)
  const folded = adviser.getByRole('main').getByRole('group').filter({ hasText: /^Each of the \d/ })
  const led = new Set()
  for (let number = 0; number < 3; number++) {
    await visit(adviser, '/')
    await folded.getByText(/^Each of the/).click()
    const links = folded.getByRole('link')
    assert.ok(await links.count() >= 3)
    await examiner.page(adviser)
    await leads(adviser, () => links.nth(number).click())
    assert.match(await heading(adviser), /^Emergency access of /)
    led.add(adviser.url())
  }
  assert.equal(led.size, 3)
  assert.deepEqual(examiner.problems, [])
  untroubled(night)
  untroubled(adviser)
})

test('the Guardian opens each decision on confidential information from a list that names nobody', async () => {
  const examiner = new Examiner()
  const page = await here.open()
  await signInAs(page, 'Caldicott Guardian')
  await visit(page, '/oversight')
  await follow(page, 'Decisions on confidential information')
  assert.ok(!(await main(page)).includes('Juno'))
  await examiner.page(page, { unfolded: true })
  await leads(page, () => page.getByRole('table').getByRole('link').first().click())
  assert.match(await main(page), /How the Caldicott principles were met \(8\)/)
  await examiner.page(page, { unfolded: true })
  await follow(page, /^Oversight/)
  await examiner.page(page, { unfolded: true })
  assert.deepEqual(examiner.problems, [])
  untroubled(page)
})
