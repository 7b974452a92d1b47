// Signing in for real, in a browser: the first time with a one-time code to set up, then with it, with a recovery code, on two
// devices; and what cannot be undone asks again. Not the demo, where one press is enough.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Examiner, fill, follow, heading, press, visit } from './deciding.mjs'
import { ADA, code, given, startLive, untroubled } from './support.mjs'

const NEW_PASSWORD = 'another gravel lantern'

const here = given(() => startLive({ args: ['--also-practitioner'] }))

// Fills in the sign-in page that is open.
async function withPassword (page) {
  await fill(page, { 'E-mail address': ADA.email })
  await page.getByLabel('Password', { exact: true }).fill(ADA.password)
  await press(page, 'Sign in')
}

async function printed (page) {
  const codes = await page.getByRole('main').getByRole('code').allInnerTexts()
  assert.equal(codes.length, 10)
  return codes
}

test('signing in takes two steps, and whoever did sees where', async t => {
  const page = await here.open()
  const examiner = new Examiner()
  const look = () => examiner.page(page, { unfolded: true })
  let codes, elsewhere

  await t.test('the first time a one-time code is set up before anything else, and then the page opens that was asked for', async () => {
    await visit(page, '/decide/not-sharing')
    await withPassword(page)
    assert.equal(await heading(page), 'Set up a second way to prove who you are')
    assert.ok(await page.getByRole('img', { name: 'QR code of the key below' }).isVisible())
    await look()
    await fill(page, { 'One-time code': '12345' })
    await press(page, 'Set it up')
    assert.match(await page.title(), /^Error: /)
    await look()
    await fill(page, { 'One-time code': code(await page.getByRole('main').getByRole('code').innerText()) })
    await press(page, 'Set it up')
    assert.equal(await heading(page), 'Your recovery codes')
    codes = await printed(page)
    await look()
    await press(page, 'I have kept them. Go on')
    assert.equal(new URL(page.url()).pathname, '/decide/not-sharing')
  })

  await t.test('from then on the code is asked for, what was typed waits for both steps, and a recovery code stands in once', async () => {
    await fill(page, { 'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'A caller', 'Why?': 'He would not say what for.' })
    await page.context().clearCookies()
    await press(page, 'Record this decision')
    assert.match(await page.getByRole('main').innerText(), /What you typed is safe/)
    await withPassword(page)
    assert.equal(await heading(page), 'Enter your one-time code')
    await look()
    await fill(page, { 'One-time code': 'not a code' })
    await press(page, 'Go on')
    assert.match(await page.title(), /^Error: /)
    await look()
    await fill(page, { 'One-time code': codes[0].toUpperCase() })
    await press(page, 'Go on')
    assert.match(page.url(), /\/decisions\//)
    assert.match(await page.getByRole('main').innerText(), /He would not say what for\./)
    elsewhere = await here.open()
    await visit(elsewhere, '/sign-in')
    await withPassword(elsewhere)
    await fill(elsewhere, { 'One-time code': codes[0] })
    await press(elsewhere, 'Go on')
    assert.match(await elsewhere.title(), /^Error: /)
    await fill(elsewhere, { 'One-time code': codes[1] })
    await press(elsewhere, 'Go on')
    await follow(elsewhere, 'Ada Lovell')
    assert.equal(await heading(elsewhere), 'Your account')
  })

  await t.test('a session that one does not know is ended, and is of no more use at once', async () => {
    await follow(page, 'Ada Lovell')
    assert.match(await page.getByRole('main').innerText(), /8 of 10 recovery codes/)
    await look()
    await press(page, /^End this one/)
    assert.match(await page.getByRole('status').innerText(), /The session has ended/)
    await look()
    await visit(elsewhere, '/account')
    assert.equal(await heading(elsewhere), 'Sign in')
    await press(page, 'Get new recovery codes')
    codes = await printed(page)
    await look()
    await follow(page, 'I have kept them. Go on')
  })

  await t.test('the password is changed by whoever knows the present one', async () => {
    const present = page.getByLabel('Your present password', { exact: true })
    if (!await present.isVisible()) await page.locator('summary', { hasText: 'Change your password' }).click()
    await page.getByLabel('Your present password', { exact: true }).fill('wrong wrong wrong')
    await page.getByLabel('Your new password', { exact: true }).fill(NEW_PASSWORD)
    await press(page, 'Change it')
    assert.match(await page.title(), /^Error: /)
    await look()
    await page.getByLabel('Your present password', { exact: true }).fill(ADA.password)
    await page.getByLabel('Your new password', { exact: true }).fill(NEW_PASSWORD)
    await press(page, 'Change it')
    assert.match(await page.getByRole('status').innerText(), /Your password was changed/)
  })

  await t.test('another phone takes the place of the one before', async () => {
    await follow(page, 'Set up another, as for a new phone')
    await look()
    await fill(page, { 'One-time code': code(await page.getByRole('main').getByRole('code').innerText()) })
    await press(page, 'Set it up')
    await printed(page)
  })

  await t.test('the administrator says who is asked', async () => {
    await visit(page, '/organisation')
    await follow(page, 'How members sign in')
    await look()
    await fill(page, { 'Who is asked for more than a password?': 'Whoever has set one up' })
    await press(page, 'Save this')
    assert.match(await page.getByRole('status').innerText(), /From now on it is as you chose/)
    await look()
  })

  assert.deepEqual(examiner.problems, [])
  untroubled(page)
})
