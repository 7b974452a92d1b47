// What every browser test needs: Sharewell itself in demo mode with data of its own, a Chromium that talks to nobody else,
// and axe. Tests are `e2e/*.test.mjs` for `node --test`; they need `cargo build` and `make setup` to have run.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import axeCore from 'axe-core'
import { HtmlValidate } from 'html-validate'
import { chromium } from 'playwright-core'

import { findChromium } from './chromium.mjs'

export const root = resolve(fileURLToPath(new URL('..', import.meta.url)))

export const program = process.env.SHAREWELL_PROGRAM ??
  join(process.env.CARGO_TARGET_DIR ? resolve(root, process.env.CARGO_TARGET_DIR) : join(root, 'target'), 'debug/sharewell')

const QUIET = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-domain-reliability', '--disable-default-apps'
]

export const PHONE = { width: 320, height: 640 }
export const LAPTOP = { width: 1280, height: 800 }

export async function freePort () {
  const server = createServer()
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise(resolve => server.close(resolve))
  return port
}

// Starts `sharewell demo` and waits until it answers. `data` lets a test start it again on the same data; `serve` then does so as for real
// work, set up as the folder's sharewell.toml says.
export async function startSharewell ({ data, serve = false, port: wanted, args = [] } = {}) {
  assert.ok(existsSync(program), `${program} is not here: run cargo build first`)
  const own = data === undefined
  const folder = data ?? mkdtempSync(join(tmpdir(), 'sharewell-e2e-'))
  const port = wanted ?? await freePort()
  const how = serve ? ['serve', '--listen', `127.0.0.1:${port}`] : ['demo', '--port', String(port)]
  const child = spawn(program, [...how, '--data', folder, ...args], {
    cwd: root, stdio: ['ignore', 'pipe', 'pipe']
  })
  let said = ''
  child.stdout.on('data', text => { said += text })
  child.stderr.on('data', text => { said += text })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const origin = `http://127.0.0.1:${port}`

  const stop = async () => {
    if (child.exitCode === null) child.kill('SIGTERM')
    if (await Promise.race([ended.then(() => true), pause(5000, false, { ref: false })]) === false) child.kill('SIGKILL')
    await ended
    if (own) rmSync(folder, { recursive: true, force: true })
  }

  for (let waited = 0; waited < 30_000; waited += 100) {
    if (child.exitCode !== null) throw new Error(`sharewell ended with ${child.exitCode}:\n${said}`)
    try {
      await fetch(origin, { redirect: 'manual', signal: AbortSignal.timeout(2000) })
      return { origin, program, data: folder, stop, said: () => said }
    } catch {
      await pause(100)
    }
  }
  await stop()
  throw new Error(`sharewell did not answer within 30 seconds:\n${said}`)
}

// The administrator of `startLive`.
export const ADA = { name: 'Ada Lovell', email: 'ada.lovell@larkfield.example', password: 'lantern otter gravel' }

// A new installation as for real work, `sharewell init` and `sharewell serve`, with one administrator. `args` go to `init`.
export async function startLive ({ args = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'sharewell-e2e-'))
  const [data, password] = [join(folder, 'live'), join(folder, 'password')]
  try {
    writeFileSync(password, `${ADA.password}\n`, { mode: 0o600 })
    await promisify(execFile)(program, [
      'init', '--data', data, '--organisation', 'Larkfield School', '--body', 'school-maintained', '--name', ADA.name, '--email', ADA.email,
      '--password-file', password, ...args
    ])
    const sharewell = await startSharewell({ data, serve: true })
    const stop = async () => {
      await sharewell.stop()
      rmSync(folder, { recursive: true, force: true })
    }
    return { ...sharewell, stop }
  } catch (problem) {
    rmSync(folder, { recursive: true, force: true })
    throw problem
  }
}

// The code that an app shows that holds this key (RFC 6238).
export function code (key) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...key.replaceAll(' ', '')].map(letter => letters.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const secret = Buffer.from(bits.match(/.{8}/g).map(byte => parseInt(byte, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', secret).update(step).digest()
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

export async function openBrowser () {
  const executablePath = await findChromium()
  assert.ok(executablePath, 'no Chromium is here: run tools/setup')
  return chromium.launch({ executablePath, args: QUIET })
}

// A Sharewell and a Chromium for all tests of a file, started before the first and ended after the last. `open` is `openPage` with both.
export function given (start = startSharewell) {
  const here = { open: how => openPage(here.browser, here.sharewell.origin, how) }
  before(async () => {
    here.sharewell = await start()
    here.browser = await openBrowser()
  })
  after(async () => {
    await here.browser?.close()
    await here.sharewell?.stop()
  })
  return here
}

// A page in a session of its own. `page.troubles` fills with script errors and with requests to anywhere but `origin`;
// `untroubled(page)` asserts that there were none.
export async function openPage (browser, origin, { javaScript = true, viewport = LAPTOP } = {}) {
  const context = await browser.newContext({
    baseURL: origin, javaScriptEnabled: javaScript, viewport, locale: 'en-GB', timezoneId: 'Europe/London'
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.troubles = []
  page.on('pageerror', error => page.troubles.push(`script: ${error.message}`))
  page.on('request', request => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) page.troubles.push(`asked ${url}`)
  })
  return page
}

export function untroubled (page) {
  assert.deepEqual(page.troubles, [])
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

// No violation of WCAG 2.2 A and AA nor of axe's best practices. Needs a page with JavaScript switched on in the browser.
export async function axe (page) {
  // A page that is looked at in two sizes takes the script once, which costs more than a look does.
  if (!await page.evaluate(() => 'axe' in window)) await page.evaluate(axeCore.source)
  const violations = await page.evaluate(async rules => {
    // Wherever the last step left the page: what stays at the top of the window covers a part of whatever stands at its edge just then.
    window.scrollTo(0, 0)
    const found = await window.axe.run(document, { runOnly: rules, resultTypes: ['violations'] })
    return found.violations.map(({ id, impact, help, nodes }) =>
      ({ id, impact, help, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) }))
  }, RULES)
  const words = violations.map(violation =>
    `${violation.id} (${violation.impact}): ${violation.help}\n${violation.nodes.map(node => `    ${node.target.join(' ')}\n      ${node.failureSummary?.replaceAll('\n', '\n      ')}`).join('\n')}`)
  assert.equal(violations.length, 0, `axe at ${page.url()}:\n${words.join('\n')}`)
}

// Nothing may make the page itself scroll sideways.
export async function fitsWidth (page) {
  const { wide, width, over } = await page.evaluate(() => {
    const { scrollWidth: wide, clientWidth: width } = document.documentElement
    const reaches = element => wide > width && element.getBoundingClientRect().right > width
    const over = [...document.querySelectorAll('body *')].filter(reaches).map(element => element.outerHTML.slice(0, 120))
    return { wide, width, over }
  })
  assert.ok(wide <= width, `${page.url()} is ${wide} wide in a window of ${width}:\n${over.join('\n')}`)
}

const html = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:document'],
  rules: {
    // How GOV.UK's components write HTML: valid, in another style.
    'attribute-boolean-style': 'off',
    'attribute-empty-style': 'off',
    // The error summary stands before the page's heading, with a heading of its own.
    'heading-level': ['error', { minInitialRank: 'h2' }],
    'no-implicit-button-type': 'off',
    'no-redundant-role': 'off',
    'no-trailing-whitespace': 'off',
    'prefer-native-element': 'off',
    'void-style': 'off',
    'require-sri': 'off',
    // A title says where one is; it may need more words than a search engine shows.
    'long-title': 'off',
    'tel-non-breaking': 'off',
    'valid-id': ['error', { relaxed: true }]
  }
})

// What the server sent is valid HTML: elements where they may stand, ids used once, labels that lead somewhere.
export async function validHtml (text, where = 'the page') {
  const report = await html.validateString(text)
  const words = report.results.flatMap(result => result.messages).map(said => `${said.line}:${said.column} ${said.ruleId}: ${said.message}`)
  assert.ok(report.valid, `${where}:\n${words.join('\n')}`)
}
