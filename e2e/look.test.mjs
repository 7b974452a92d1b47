// The look and the script on a page that holds every part, served by this test: what they promise holds whatever the pages
// of the program do with them.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { after, before, describe, it } from 'node:test'

import { axe, fitsWidth, openBrowser, openPage, PHONE, root, untroubled, validHtml } from './support.mjs'

const TYPES = { '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }
const build = join(root, 'crates/app/assets/build')

let server, origin, browser
let answer = 204
// What holds an answer back, until it is let go.
let held = Promise.resolve()
const drafts = []

before(async () => {
  server = createServer((request, response) => {
    const path = new URL(request.url, 'http://here').pathname
    response.setHeader('Content-Security-Policy', "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'")
    if (request.method === 'POST') {
      let body = ''
      request.on('data', text => { body += text })
      request.on('end', async () => {
        drafts.push({ fields: new URLSearchParams(body), autosave: request.headers['sharewell-autosave'] })
        const version = String(drafts.length + 1)
        await held
        if (answer === 303) response.setHeader('Location', '/sign-in')
        response.writeHead(answer, answer === 204 ? { 'Sharewell-Version': version } : {}).end()
      })
    } else if (path === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.end(readFileSync(join(root, 'e2e/look.html')))
    } else if (TYPES[extname(path)]) {
      response.setHeader('Content-Type', TYPES[extname(path)])
      response.end(readFileSync(join(build, normalize(path))))
    } else {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      response.end('<!DOCTYPE html><html lang="en-GB"><title>Elsewhere</title><h1>Elsewhere</h1></html>')
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${server.address().port}`
  browser = await openBrowser()
})

after(async () => {
  await browser?.close()
  server?.closeAllConnections()
  server?.close()
})

async function look (options) {
  answer = 204
  held = Promise.resolve()
  drafts.length = 0
  const page = await openPage(browser, origin, options)
  await page.goto('/')
  return page
}

const status = page => page.locator('[data-autosave-status]')
const says = (page, words) => page.waitForFunction(words => document.querySelector('[data-autosave-status]').textContent.match(words), words)

describe('the look', () => {
  it('has nothing that axe objects to, folded and unfolded', async () => {
    const page = await look()
    await axe(page)
    await page.evaluate(() => { for (const details of document.querySelectorAll('details')) details.open = true })
    await axe(page)
    untroubled(page)
    await page.context().close()
  })

  it('is shown with valid HTML', async () => {
    await validHtml(readFileSync(join(root, 'e2e/look.html'), 'utf8'), 'e2e/look.html')
  })

  it('fits a window of 320 pixels, with and without script', async () => {
    for (const javaScript of [true, false]) {
      const page = await look({ javaScript, viewport: PHONE })
      if (javaScript) {
        await fitsWidth(page)
        await axe(page)
      }
      await page.context().close()
    }
  })

  it('has no colour of the crown: buttons are teal', async () => {
    const page = await look()
    const colour = await page.locator('button.govuk-button:not(.govuk-button--secondary)').first().evaluate(button => getComputedStyle(button).backgroundColor)
    assert.equal(colour, 'rgb(11, 90, 96)')
    const font = await page.locator('h1').evaluate(heading => getComputedStyle(heading).fontFamily)
    assert.doesNotMatch(font, /GDS Transport/)
    await page.context().close()
  })

  it('leaves only the record on paper', async () => {
    const page = await look()
    await page.emulateMedia({ media: 'print' })
    for (const gone of ['.sw-header', '.sw-danger', '.govuk-service-navigation', '.sw-quick-exit', '.sw-footer', '.govuk-button']) {
      assert.equal(await page.locator(gone).first().isVisible(), false, `${gone} is on the paper`)
    }
    for (const kept of ['.sw-verdict', '.sw-law-card', '.sw-item', '.sw-receipt', '.sw-demo-banner']) {
      assert.equal(await page.locator(kept).first().isVisible(), true, `${kept} is not on the paper`)
    }
    await page.context().close()
  })

  it('opens the danger advice by keyboard and without script', async () => {
    const page = await look({ javaScript: false })
    await page.locator('.sw-danger > summary').focus()
    await page.keyboard.press('Enter')
    assert.equal(await page.locator('.sw-danger__advice').isVisible(), true)
    await page.context().close()
  })
})

describe('autosave', () => {
  it('saves what is typed and says when', async () => {
    const page = await look()
    await page.locator('#reasons').fill('She told me.')
    await says(page, '^Saved at \\d{1,2}:\\d\\d(am|pm)$')
    assert.equal(drafts[0].fields.get('reasons'), 'She told me.')
    assert.equal(drafts[0].autosave, '1')
    assert.equal(await page.locator('[name=version]').inputValue(), '2')
    await page.waitForTimeout(900)
    assert.equal(drafts.length, 1, 'nothing is sent while nothing changes')
    untroubled(page)
    await page.context().close()
  })

  it('sends nothing by the button while a save is on its way, and then what follows it', async () => {
    const page = await look()
    let letGo
    held = new Promise(resolve => { letGo = resolve })
    await page.locator('#reasons').fill('Typed slowly.')
    await page.waitForRequest(request => request.method() === 'POST')
    await page.locator('#reasons').fill('Typed slowly. Pressed at once.')
    const button = page.locator('button', { hasText: 'Save and continue' })
    // What the button would lead to waits as well.
    await button.click({ noWaitAfter: true })
    await button.click({ noWaitAfter: true })
    await page.waitForTimeout(300)
    assert.equal(drafts.length, 1)
    const sent = page.waitForRequest(request => request.isNavigationRequest())
    letGo()
    await sent
    await page.waitForTimeout(300)
    assert.deepEqual(drafts.map(draft => [draft.autosave, draft.fields.get('version'), draft.fields.get('reasons')]), [
      ['1', '1', 'Typed slowly.'], [undefined, '2', 'Typed slowly. Pressed at once.']
    ])
    untroubled(page)
    await page.context().close()
  })

  it('says that one is offline, keeps the text, and saves it when the network is back', async () => {
    const page = await look()
    await page.context().setOffline(true)
    await page.locator('#reasons').fill('Typed on a train.')
    await says(page, '^You are offline. What you typed is still on this page.$')
    await page.locator('button', { hasText: 'Save and continue' }).click()
    assert.equal(await page.locator('#reasons').inputValue(), 'Typed on a train.')
    await axe(page)
    await page.context().setOffline(false)
    await says(page, '^Saved at')
    assert.equal(drafts.at(-1).fields.get('reasons'), 'Typed on a train.')
    await page.context().close()
  })

  it('says that one may have been signed out, and keeps the text', async () => {
    const page = await look()
    answer = 303
    await page.locator('#reasons').fill('Typed after lunch.')
    await says(page, 'signed out')
    assert.equal(await page.locator('#reasons').inputValue(), 'Typed after lunch.')
    await page.context().close()
  })

  it('says that the draft was changed elsewhere', async () => {
    const page = await look()
    answer = 409
    await page.locator('#reasons').fill('Mine.')
    await says(page, 'changed somewhere else')
    await page.context().close()
  })

  it('warns before unsaved text is left, but not when it is sent', async () => {
    const page = await look()
    answer = 500
    await page.locator('#reasons').pressSequentially('Not yet kept')
    await says(page, 'Not saved yet')
    let warned = 0
    page.on('dialog', async dialog => { warned += 1; await dialog.dismiss() })
    await page.evaluate(() => { setTimeout(() => window.location.assign('/about')) })
    await page.waitForTimeout(500)
    assert.equal(warned, 1)
    answer = 204
    await page.locator('button', { hasText: 'Save and continue' }).click()
    await page.waitForTimeout(300)
    assert.equal(warned, 1)
    await page.context().close()
  })

  it('leaves nothing in the browser’s storage', async () => {
    const page = await look()
    await page.locator('#reasons').fill('Nobody else’s business.')
    await says(page, '^Saved at')
    const kept = await page.evaluate(async () => [
      localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length, document.cookie
    ])
    assert.deepEqual(kept, [0, 0, 0, 0, ''])
    await page.context().close()
  })
})

describe('small improvements', () => {
  it('leaves quickly, without a warning and without a way back', async () => {
    const page = await look()
    answer = 500
    await page.locator('#reasons').pressSequentially('Unsaved')
    page.on('dialog', dialog => { assert.fail(`warned: ${dialog.message()}`) })
    await page.locator('[data-quick-exit]').click()
    await page.waitForURL('**/neutral')
    await page.goBack().catch(() => {})
    assert.doesNotMatch(page.url(), /\/$/)
    await page.context().close()
  })

  it('copies, and says so', async () => {
    const page = await look()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.locator('[data-copy]').click()
    await page.locator('.sw-copied', { hasText: 'Copied' }).waitFor()
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), 'SW-2026-0042')
    await page.context().close()
  })

  it('hides buttons that need script where there is none', async () => {
    const page = await look({ javaScript: false })
    assert.equal(await page.locator('[data-print]').isVisible(), false)
    await page.context().close()
  })
})
