// Passkeys in a browser, with an authenticator that Chromium plays: the first one in place of a one-time code, signing in with it,
// proving it again before what cannot be undone, stopping, another one, removing. And what there is where passkeys cannot be used.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { Examiner, fill, follow, heading, leads, press, visit } from './deciding.mjs'
import { openBrowser, openPage, program, startSharewell, untroubled } from './support.mjs'

const run = promisify(execFile)
const EMAIL = 'ada.lovell@larkfield.example'
const PASSWORD = 'lantern otter gravel'

let data, sharewell, origin, browser
before(async () => {
  data = mkdtempSync(join(tmpdir(), 'sharewell-e2e-'))
  const password = join(data, 'password')
  writeFileSync(password, `${PASSWORD}\n`, { mode: 0o600 })
  await run(program, [
    'init', '--data', join(data, 'live'), '--organisation', 'Larkfield School', '--body', 'school-maintained', '--also-practitioner',
    '--name', 'Ada Lovell', '--email', EMAIL, '--password-file', password
  ])
  sharewell = await startSharewell({ data: join(data, 'live'), serve: true })
  // Passkeys are bound to a name, and `localhost` counts as encrypted.
  origin = sharewell.origin.replace('127.0.0.1', 'localhost')
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await sharewell?.stop()
  rmSync(data, { recursive: true, force: true })
})

// Gives the browser an authenticator that asks its owner for a fingerprint, which `verified` says whether it gets.
async function authenticator (page, transport = 'internal') {
  const cdp = page.cdp ?? await page.context().newCDPSession(page)
  if (!page.cdp) await cdp.send('WebAuthn.enable')
  page.cdp = cdp
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true }
  })
  const verified = isUserVerified => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified })
  const passkeys = async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials
  return { verified, passkeys, remove: () => cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }) }
}

// Eleven minutes go by for every session: the program asks once more before what cannot be undone.
async function elevenMinutesPass () {
  await run('python3', [fileURLToPath(new URL('eleven-minutes-later.py', import.meta.url)), join(data, 'live')])
}

const said = page => page.getByRole('main').getByRole('status').filter({ hasText: /./ }).innerText()

// Presses what asks for a passkey and waits for words instead of a page.
async function says (page, button, words) {
  await page.getByRole('button', { name: button, exact: true }).click()
  await page.getByRole('status').filter({ hasText: words }).waitFor()
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), button, 'the focus stays where it was')
}

test('a passkey lets in, proves it again, and is looked after by its owner', async t => {
  const page = await openPage(browser, origin)
  const examiner = new Examiner()
  const look = () => examiner.page(page, { unfolded: true })
  const laptop = await authenticator(page)

  await t.test('the first one stands in for the one-time code that everybody is asked for', async () => {
    await visit(page, '/decide/not-sharing')
    assert.ok(await page.getByRole('button', { name: 'Sign in with a passkey' }).isVisible())
    await look()
    await fill(page, { 'E-mail address': EMAIL })
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await press(page, 'Sign in')
    assert.equal(await heading(page), 'Set up a second way to prove who you are')
    await look()
    await fill(page, { 'What do you call it?': ' ' })
    await press(page, 'Add a passkey')
    assert.match(await page.title(), /^Error: /)
    await look()
    await fill(page, { 'What do you call it?': 'Work laptop' })
    await laptop.verified(false)
    await says(page, 'Add a passkey', /Nothing was done|has to ask for your fingerprint/)
    await look()
    await laptop.verified(true)
    await press(page, 'Add a passkey')
    assert.equal(await heading(page), 'Your recovery codes')
    assert.equal((await laptop.passkeys()).length, 1)
    await press(page, 'I have kept them. Go on')
    assert.equal(new URL(page.url()).pathname, '/decide/not-sharing')
  })

  await t.test('signed out, it lets in without an address or a password, and what was typed waits', async () => {
    await fill(page, { 'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'A caller', 'Why?': 'He would not say what for.' })
    await page.context().clearCookies()
    await press(page, 'Record this decision')
    assert.match(await page.getByRole('main').innerText(), /What you typed is safe/)
    await laptop.verified(false)
    await says(page, 'Sign in with a passkey', 'Nothing was done: it was stopped, took too long, or is not allowed in this browser.')
    await look()
    await laptop.verified(true)
    await press(page, 'Sign in with a passkey')
    assert.match(page.url(), /\/decisions\//)
    assert.match(await page.getByRole('main').innerText(), /He would not say what for\./)
    await press(page, 'Sign out')
    await visit(page, '/sign-in')
    await press(page, 'Sign in with a passkey')
    await follow(page, 'Ada Lovell')
    assert.match(await page.getByRole('main').innerText(), /Work laptop\s+Since .* Last used .* with a passkey|with a passkey[^]*Work laptop/)
    await look()
  })

  await t.test('with a password it is asked for in place of the code', async () => {
    await press(page, 'Sign out')
    await visit(page, '/sign-in?then=/account')
    await fill(page, { 'E-mail address': EMAIL })
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await press(page, 'Sign in')
    assert.equal(await heading(page), 'Use your passkey')
    await look()
    await press(page, 'Use your passkey')
    assert.equal(await heading(page), 'Your account')
  })

  await t.test('before what cannot be undone it is asked for once more', async () => {
    await elevenMinutesPass()
    await follow(page, 'Add another passkey')
    assert.equal(await heading(page), 'Prove again who you are')
    await look()
    await laptop.verified(false)
    await says(page, 'Use your passkey', 'Nothing was done: it was stopped, took too long, or is not allowed in this browser.')
    await laptop.verified(true)
    await press(page, 'Use your passkey')
    assert.equal(await heading(page), 'Add a passkey')
    await look()
  })

  await t.test('one device has one passkey; a key beside it gets another', async () => {
    await fill(page, { 'What do you call it?': 'Again' })
    await says(page, 'Add it', 'This device or key has a passkey for you already.')
    const key = await authenticator(page, 'usb')
    await fill(page, { 'What do you call it?': 'Key on my key ring' })
    await press(page, 'Add it')
    assert.match(await said(page), /The passkey was added/)
    assert.equal((await key.passkeys()).length, 1)
    await look()
    await key.remove()
  })

  await t.test('it is renamed and removed, but never the last one beside a password', async () => {
    const lines = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Rename or remove' })
    const open = async n => { if (await lines.nth(n).getByRole('group').getAttribute('open') === null) await lines.nth(n).locator('summary').click() }
    await open(1)
    await lines.nth(1).getByLabel('What do you call it?').fill('Spare key')
    await leads(page, () => lines.nth(1).getByRole('button', { name: 'Save the name' }).click())
    assert.match(await said(page), /has its new name/)
    await open(1)
    await leads(page, () => lines.nth(1).getByRole('button', { name: 'Remove it' }).click())
    assert.match(await said(page), /The passkey was removed/)
    assert.equal(await lines.count(), 1)
    await open(0)
    await leads(page, () => lines.nth(0).getByRole('button', { name: 'Remove it' }).click())
    assert.match(await page.title(), /^Error: /)
    assert.match(await page.getByRole('alert').innerText(), /Add another passkey or set up a one-time code first/)
    await look()
  })

  assert.deepEqual(examiner.problems, [])
  untroubled(page)
})

test('where passkeys cannot be used a sentence stands in the place of the button', async () => {
  const examiner = new Examiner()
  for (const how of [{ javaScript: false }, { javaScript: true }]) {
    const at = how.javaScript ? sharewell.origin : origin
    const page = await openPage(browser, at, how)
    await visit(page, '/sign-in')
    assert.equal(await page.getByRole('button', { name: 'Sign in with a passkey' }).count(), 0)
    assert.match(await page.getByRole('main').innerText(), /To sign in with a passkey, use a browser that knows passkeys and runs scripts/)
    if (how.javaScript) await examiner.page(page)
    await fill(page, { 'E-mail address': EMAIL })
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await press(page, 'Sign in')
    assert.equal(await heading(page), 'Use your passkey')
    assert.equal(await page.getByRole('button', { name: 'Use your passkey' }).count(), 0)
    assert.ok(await page.getByLabel('Recovery code').isVisible(), 'which is what is left without the passkey')
  }
  assert.deepEqual(examiner.problems, [])
})
