// Signing in with an organisation's own identity provider: a real one, npm's `oidc-provider`, with people and their e-mail addresses as the
// tests need them.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import Provider from 'oidc-provider'

import { Examiner, fill, heading, press, visit } from './deciding.mjs'
import { freePort, openBrowser, openPage, startSharewell } from './support.mjs'

const SECRET = 'a secret of this test alone'
const BUTTON = 'Sign in with Larkfield’s account'

// Whom the provider knows, by what they type there.
const ACCOUNTS = {
  tom: { email: 'Tom.Birchall@larkfield.example', email_verified: true },
  'tom-unverified': { email: 'tom.birchall@larkfield.example', email_verified: false },
  'tom-silent': {},
  'tom-again': { email: 'tom.birchall@larkfield.example', email_verified: true },
  stranger: { email: 'nobody.here@larkfield.example', email_verified: true },
  priya: { email: 'priya.nandakumar@wychevalley.example', email_verified: true },
  elsewhere: { email: 'callum.reyes@weaver.example', email_verified: true }
}

let sharewell, browser, provider, folder, ports
// What Sharewell wrote into its log, across a restart.
let said = ''

// The provider, until `stop`.
async function startProvider () {
  const issuer = `http://127.0.0.1:${ports.provider}`
  const answers = new Provider(issuer, {
    clients: [{
      client_id: 'sharewell', client_secret: SECRET, redirect_uris: [`http://127.0.0.1:${ports.sharewell}/sign-in/back`],
      response_types: ['code'], grant_types: ['authorization_code']
    }],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    cookies: { keys: ['a key of this test alone'] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...ACCOUNTS[id] }) })
  })
  const answer = answers.callback()
  let breaksOff = false
  const server = createServer((request, response) => breaksOff && request.url === '/token' ? request.destroy() : answer(request, response))
  await new Promise(resolve => server.listen(ports.provider, '127.0.0.1', resolve))
  return { breaksOff: () => { breaksOff = true }, stop: () => new Promise(resolve => { server.close(resolve); server.closeAllConnections() }) }
}

// The organisations' ids, which Sharewell names when a provider is set up for one that is not there.
function organisation (name) {
  const { stderr } = spawnSync(sharewell.program, ['serve', '--listen', '127.0.0.1:0', '--data', folder], { encoding: 'utf8' })
  const line = stderr.split('\n').find(line => line.includes(name))
  assert.ok(line, stderr)
  return line.trim().split(' ')[0]
}

function setUp (organisation) {
  writeFileSync(join(folder, 'provider.secret'), `${SECRET}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'sharewell.toml'), `
[[provider]]
id = "larkfield"
organisation = "${organisation}"
name = "Larkfield’s account"
issuer = "http://127.0.0.1:${ports.provider}"
client_id = "sharewell"
client_secret_file = "provider.secret"
domains = ["larkfield.example", "wychevalley.example"]
`)
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sharewell-e2e-provider-'))
  ports = { provider: await freePort(), sharewell: await freePort() }
  sharewell = await startSharewell({ data: folder })
  await sharewell.stop()
  setUp('0193a5c0-0000-7000-8000-000000000000')
  setUp(organisation('Larkfield Primary School'))
  sharewell = await startSharewell({ data: folder, serve: true, port: ports.sharewell })
  provider = await startProvider()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await provider?.stop()
  await sharewell?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const open = how => openPage(browser, sharewell.origin, how)
const atProvider = page => page.waitForURL(`http://127.0.0.1:${ports.provider}/**`)
const backHere = page => page.waitForURL(url => url.origin === sharewell.origin && !url.pathname.startsWith('/sign-in/with/'))

// Goes out to the provider from the sign-in page.
async function setOut (page) {
  await page.getByRole('button', { name: BUTTON }).click()
  await atProvider(page)
}

// Signs in at the provider as somebody, agrees, and comes back.
async function signInThere (page, who) {
  await page.getByPlaceholder('Enter any login').fill(who)
  await page.getByPlaceholder('and password').fill('anything')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await backHere(page)
}

async function tries (page, who) {
  await visit(page, '/sign-in')
  await setOut(page)
  await signInThere(page, who)
}

const problem = page => page.getByRole('alert').innerText()
const isIn = async page => await page.getByRole('button', { name: 'Sign out' }).count() === 1

test('a member signs in with their organisation’s account, with script and without', async () => {
  for (const javaScript of [true, false]) {
    const page = await open({ javaScript })
    await visit(page, '/matters')
    await setOut(page)
    const asked = new URL(page.url())
    assert.ok(!decodeURIComponent(asked.href).includes('@'), asked.href)
    await signInThere(page, 'tom')
    assert.equal(new URL(page.url()).pathname, '/matters', 'goes on where they were')
    assert.match(await page.getByRole('banner').innerText(), /Tom Birchall, Larkfield Primary School/)
    const cookies = (await page.context().cookies()).filter(cookie => cookie.name.startsWith('sharewell'))
    assert.deepEqual(cookies.map(cookie => cookie.name), ['sharewell', 'sharewell-device'], 'nothing of the way is left behind')
  }
})

test('what was typed before is sent again after signing in with the organisation’s account', async () => {
  const page = await open()
  await tries(page, 'tom')
  await visit(page, '/decide/not-sharing')
  await fill(page, { 'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'A neighbour asked', 'Why?': 'Not hers to know.' })
  await page.context().clearCookies()
  await press(page, 'Record this decision')
  assert.equal(await heading(page), 'Sign in to go on')
  await page.getByRole('button', { name: BUTTON }).click()
  await atProvider(page)
  await signInThere(page, 'tom')
  assert.match(await page.getByRole('main').innerText(), /A neighbour asked/)
  assert.match(new URL(page.url()).pathname, /^\/decisions\//)
})

test('an address that is not verified, of nobody here, or of another organisation opens nothing', async () => {
  const examiner = new Examiner()
  for (const [who, words] of [
    ['tom-unverified', /does not say that your e-mail address is yours/],
    ['tom-silent', /does not say that your e-mail address is yours/],
    ['stranger', /nobody here with that address/],
    ['priya', /nobody here with that address/],
    ['elsewhere', /nobody here with that address/]
  ]) {
    const page = await open()
    await tries(page, who)
    assert.match(await problem(page), words, who)
    assert.ok(!await isIn(page), who)
    page.shown = undefined
    await examiner.page(page)
    await page.context().close()
  }
  assert.deepEqual(examiner.problems, [])
})

test('whoever is given a member’s e-mail address at the provider later is somebody else', async () => {
  const first = await open()
  await tries(first, 'tom')
  assert.ok(await isIn(first))
  const later = await open()
  await tries(later, 'tom-again')
  assert.match(await problem(later), /nobody here with that address/)
  ACCOUNTS.tom.email = 'tom.married@larkfield.example'
  const moved = await open()
  await tries(moved, 'tom')
  ACCOUNTS.tom.email = 'Tom.Birchall@larkfield.example'
  assert.ok(await isIn(moved), 'a new address at the provider keeps nobody out')
})

test('an answer belongs to the browser that asked, and is taken once', async () => {
  const page = await open()
  const answers = []
  page.on('request', request => { if (request.url().includes('/sign-in/back')) answers.push(request.url()) })
  await visit(page, '/sign-in')
  await setOut(page)
  const held = await page.context().cookies(sharewell.origin)
  await signInThere(page, 'tom')
  assert.ok(await isIn(page))
  assert.equal(answers.length, 1)

  // In the same browser, with what it held then.
  await press(page, 'Sign out')
  await visit(page, answers[0])
  assert.match(await problem(page), /was finished before/)
  await page.context().addCookies(held)
  await visit(page, answers[0])
  assert.match(await problem(page), /was finished before/)
  assert.ok(!await isIn(page))

  // In another browser, which set out itself.
  const other = await open()
  await visit(other, '/sign-in')
  await setOut(other)
  await visit(other, answers[0])
  assert.match(await problem(other), /begun too long ago or in another window/)
  assert.ok(!await isIn(other))
})

test('an answer with a changed state opens nothing', async () => {
  const page = await open()
  await page.route(`http://127.0.0.1:${ports.provider}/auth?**`, route => {
    const address = new URL(route.request().url())
    address.searchParams.set('state', 'A'.repeat(43))
    return route.fulfill({ status: 303, headers: { location: address.href } })
  }, { times: 1 })
  await tries(page, 'tom')
  assert.match(await problem(page), /begun too long ago or in another window/)
  assert.ok(!await isIn(page))
})

test('what is stopped at the provider, or cannot reach it, says so and loses nothing', async () => {
  const page = await open()
  await visit(page, '/matters')
  await setOut(page)
  await page.getByRole('link', { name: /Cancel/ }).click()
  await backHere(page)
  assert.match(await problem(page), /was stopped before it was finished/)
  assert.equal(await page.locator('input[name="then"]').first().inputValue(), '/matters')

  // Gone between the way out and the way back.
  await setOut(page)
  await page.getByPlaceholder('Enter any login').fill('tom')
  await page.getByPlaceholder('and password').fill('anything')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  provider.breaksOff()
  await page.getByRole('button', { name: 'Continue' }).click()
  await backHere(page)
  assert.match(await problem(page), /cannot be reached just now/)
  assert.equal(await page.locator('input[name="then"]').first().inputValue(), '/matters')
  assert.ok(!await isIn(page))

  // Gone before a Sharewell that was just started could ask it anything.
  await provider.stop()
  said += sharewell.said()
  await sharewell.stop()
  sharewell = await startSharewell({ data: folder, serve: true, port: ports.sharewell })
  await visit(page, '/matters')
  await press(page, BUTTON)
  assert.match(await problem(page), /cannot be reached just now/)
  assert.equal(await page.locator('input[name="then"]').first().inputValue(), '/matters')
  provider = await startProvider()
})

test('no e-mail address and no secret of the way stands in a log', () => {
  said += sharewell.said()
  assert.match(said, /sign-in with a provider refused/)
  for (const word of ['@', 'birchall', 'priya', 'nobody.here', SECRET, 'code=', 'state=']) assert.ok(!said.toLowerCase().includes(word.toLowerCase()), `${word} is in the log`)
})
