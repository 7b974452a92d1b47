// Conflicts of interest and unusual reading in a browser: declared, not found, lifted; seen by an adviser and marked. With script and without.

import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { Examiner, fill, follow, heading, normal, press, signInAs, visit } from './deciding.mjs'
import { LAPTOP, PHONE, fitsWidth, given, untroubled, validHtml } from './support.mjs'

const WORKER = 'Social worker'
const MANAGER = 'Duty manager'
const ADVISER = 'Information governance lead'
const NOWHERE = '0193a5c0-0000-7000-8000-000000000000'
const MATTER = 'Tarleton: enquiries after the school’s call'
// Where pictures are kept, for whoever wants to look at them.
const PICTURES = process.env.SHAREWELL_PICTURES

const here = given()

async function picture (page, name) {
  if (!PICTURES) return
  mkdirSync(PICTURES, { recursive: true })
  const before = page.viewportSize()
  for (const viewport of [PHONE, LAPTOP]) {
    await page.setViewportSize(viewport)
    await page.screenshot({ path: join(PICTURES, `${name}-${viewport.width}.png`), fullPage: true })
  }
  await page.setViewportSize(before)
}

async function declare (page, name, year) {
  await fill(page, {
    'Their whole name': name, 'When were they born, if you know?': { Year: year }, 'How are you connected?': 'Family',
    'The street where they live, if you like': 'Canal Row'
  })
  await press(page, 'Declare them')
}

// What the server says of an address, without the address itself.
async function answered (page, address) {
  await visit(page, address)
  return [page.shown.status(), normal(await page.shown.text())]
}

test('whom a social worker declares they do not find, until a manager lifts it', async t => {
  const page = await here.open()
  const manager = await here.open()
  const examiner = new Examiner()
  const look = async (of, name) => { await examiner.page(of, { unfolded: true }); await picture(of, name) }
  let matter

  await t.test('a declaration asks for little, and tells nothing', async () => {
    await signInAs(page, WORKER)
    await follow(page, 'Matters')
    await follow(page, MATTER)
    matter = page.url()
    await visit(page, '/account')
    await look(page, 'account')
    await follow(page, 'Say whom you know in your own life')
    await look(page, 'own')
    await press(page, 'Declare them')
    assert.match(await page.title(), /^Error: /)
    await page.getByRole('alert').getByRole('link', { name: 'Enter their whole name.' }).click()
    assert.equal(await page.evaluate(() => document.activeElement.id), 'name')
    await look(page, 'own-in-error')
    await declare(page, 'TARLETON, Wren', '2018')
    const known = await page.getByRole('status').innerText()
    await declare(page, 'Bramwell Nettlefold', '1931')
    assert.equal(await page.getByRole('status').innerText(), known, 'the same words for somebody whom nobody knows')
    await look(page, 'own-declared')
  })

  await t.test('the matter is not found, by the same page as one that nobody has', async () => {
    assert.deepEqual(await answered(page, matter), await answered(page, `/matters/${NOWHERE}`))
    assert.equal(page.shown.status(), 404)
    await look(page, 'not-found')
    await visit(page, '/matters')
    assert.doesNotMatch(await page.getByRole('main').innerText(), /Tarleton/)
    assert.match(await page.getByRole('main').innerText(), /ask your duty manager/)
    await visit(page, '/people')
    await fill(page, { 'Their whole name, as it is written here': 'Wren Tarleton', 'The year they were born': '2018', 'Why do you need to see them?': 'I wonder.' })
    await press(page, 'Open their page')
    assert.match(await page.getByRole('main').innerText(), /If you expected someone, ask your duty manager\./)
    await look(page, 'nobody')
  })

  await t.test('by the keyboard alone one gets to the form and sends it', async () => {
    await visit(page, '/account/conflicts')
    await page.getByLabel('Their whole name').focus()
    await page.keyboard.type('Ambrose Nettlefold')
    for (const pressed of ['Tab', 'Tab', 'Tab', 'Tab']) await page.keyboard.press(pressed)
    await page.keyboard.type('1940')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await Promise.all([page.waitForURL(/done=declared/), page.keyboard.press('Enter')])
    assert.match(await page.getByRole('main').innerText(), /Ambrose Nettlefold/)
  })

  await t.test('a manager sees what was declared, sets one, and lifts with a reason', async () => {
    await signInAs(manager, MANAGER)
    await follow(manager, 'People')
    await look(manager, 'people')
    await follow(manager, 'Your colleagues’ conflicts of interest')
    await look(manager, 'waiting')
    await follow(manager, 'Shanice Cole')
    assert.equal(await heading(manager), 'Whom Shanice Cole must not see')
    await look(manager, 'colleague')
    await press(manager, 'Set it')
    assert.match(await manager.title(), /^Error: /)
    await look(manager, 'colleague-in-error')
    await follow(manager, /^Lift this\s*: TARLETON, Wren/)
    await look(manager, 'lift')
    await press(manager, 'Lift it')
    assert.match(await manager.title(), /^Error: /)
    await fill(manager, { 'Why does it no longer hold?': 'They are not related after all' })
    await press(manager, 'Lift it')
    assert.match(await manager.getByRole('main').innerText(), /They are not related after all/)
    await look(manager, 'lifted')
    await visit(page, matter)
    assert.equal(page.shown.status(), 200)
  })

  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
  await manager.context().close()
})

test('an adviser sees what stands out and says what they found', async () => {
  const page = await here.open()
  const examiner = new Examiner()
  await signInAs(page, ADVISER)
  await visit(page, '/oversight/reading')
  await examiner.page(page)
  await picture(page, 'reading')
  await page.getByRole('combobox', { name: 'Show only' }).selectOption('own-street')
  await press(page, 'Show these')
  assert.match(await page.getByRole('main').innerText(), /Shanice Cole.*lives in a street/s)
  await examiner.page(page)
  await follow(page, /^Shanice Cole, Social worker/)
  await examiner.page(page)
  await picture(page, 'reading-view')
  await press(page, 'Mark it as looked at')
  assert.match(await page.title(), /^Error: /)
  await examiner.page(page)
  await fill(page, { 'What did you find?': 'It is her case; her manager knows where she lives.' })
  await press(page, 'Mark it as looked at')
  assert.match(await page.getByRole('status').innerText(), /marked as looked at/)
  await visit(page, '/oversight/reading?sign=own-street')
  assert.match(await page.getByRole('main').innerText(), /It is her case/)
  await examiner.page(page)
  await picture(page, 'reading-marked')
  assert.deepEqual(examiner.problems, [])
  untroubled(page)
  await page.context().close()
})

test('on a phone and without script all of it works', async () => {
  const page = await here.open({ javaScript: false, viewport: PHONE })
  const looked = async () => { await validHtml(await page.shown.text(), page.url()); await fitsWidth(page) }
  await signInAs(page, 'Health visitor')
  await visit(page, '/account/conflicts')
  await looked()
  await declare(page, 'Peregrin Nettlefold', '1950')
  assert.match(await page.getByRole('main').innerText(), /Peregrin Nettlefold/)
  await looked()
  for (const address of ['/conflicts', '/oversight/reading']) {
    await visit(page, address)
    assert.equal(page.shown.status(), 404, address)
  }
  await page.context().close()
  const adviser = await here.open({ javaScript: false, viewport: PHONE })
  await signInAs(adviser, ADVISER)
  await visit(adviser, '/oversight/reading')
  await validHtml(await adviser.shown.text(), adviser.url())
  await fitsWidth(adviser)
  await adviser.context().close()
})
