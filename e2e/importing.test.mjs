// Many members from a table, in a browser: pasted, from a file however a spreadsheet wrote it, mended row by row, and then invited.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { Examiner, fill, follow, heading, press, visit } from './deciding.mjs'
import { join, signIn } from './members.mjs'
import { ADA, PHONE, fitsWidth, given, startLive, untroubled, validHtml } from './support.mjs'

const HEAD = 'name,e-mail,job,roles,team'

const here = given(() => startLive({ args: ['--password-alone'] }))

const said = page => page.getByRole('main').innerText()

// Sends a file with these bytes.
async function send (page, name, bytes) {
  await visit(page, '/organisation/import')
  await page.getByLabel('A CSV file').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(bytes) })
  await press(page, 'Look at this file')
}

// What the table on the page says of each row, in its order.
async function rows (page) {
  return page.getByRole('row').evaluateAll(all => all.slice(1).map(row => [...row.cells].map(cell => cell.innerText.trim())))
}

test('many are invited from a table', async t => {
  const page = await here.open()
  const examiner = new Examiner()
  const look = () => examiner.page(page, { unfolded: true })

  await t.test('a table that needs something says what beside each row, and loses nothing', async () => {
    await signIn(page, ADA)
    await visit(page, '/organisation/import')
    await look()
    await press(page, 'Look at it')
    assert.match(await page.title(), /^Error: /)
    await look()
    const table = `${HEAD}\nRobin Vale,r.vale@larkfield.example,Teacher,practicioner,\nVera Moss,v.moss@larkfield.example,School nurse,"practitioner, manager",\nLena Frost,v.moss@larkfield.example,,adviser,Night desk`
    await fill(page, { 'The table': table })
    await press(page, 'Look at it')
    const [first, second, third] = await rows(page)
    assert.match(first.join(' '), /^2 There is no role “practicioner”\. Did you mean `?practitioner`?\? Robin Vale/)
    assert.match(second[1], /The same e-mail address stands in line 3\..*There is no team “Night desk”/s)
    assert.deepEqual(third.slice(0, 3), ['3', 'Ready', 'Vera Moss'])
    assert.equal(await page.getByRole('button', { name: 'Invite everybody in it' }).count(), 0)
    assert.equal(await page.getByRole('textbox', { name: 'The table' }).inputValue(), table)
    await look()
  })

  await t.test('files are read however a spreadsheet wrote them', async () => {
    const words = `${HEAD}\nZoë O’Neill,z.oneill@larkfield.example,Teacher,practitioner,\n`
    const older = Buffer.from(words.replaceAll(',', ';').replaceAll('\n', '\r\n').replace('’', '\u0092'), 'latin1')
    const wide = Buffer.from(`\ufeff${words.replaceAll(',', '\t')}`, 'utf16le')
    const marked = `\ufeffsep=;\r\n${words.replaceAll(',', ';')}`
    for (const bytes of [words, older, wide, marked]) {
      await send(page, 'members.csv', bytes)
      const [row] = await rows(page)
      assert.deepEqual(row.slice(1, 4), ['Ready', 'Zoë O’Neill', 'z.oneill@larkfield.example'])
    }
    await look()
  })

  await t.test('what is no table is answered with what to do', async () => {
    for (const [bytes, words] of [['PK\u0003\u0004\u0000', /Save as/], ['', /This file is empty/], [`${HEAD}\n`, /no row below/]]) {
      await send(page, 'members.xlsx', bytes)
      assert.match(await page.getByRole('alert').innerText(), words)
    }
    await visit(page, '/organisation/import')
    await press(page, 'Look at this file')
    await page.getByRole('alert').getByRole('link', { name: 'Choose a file first.' }).click()
    assert.equal(await page.evaluate(() => document.activeElement.id), 'file')
    await look()
  })

  await t.test('a thousand rows are looked at, and invited together', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => `Member ${at},m${at}@larkfield.example,Teacher,practitioner,`)
    await send(page, 'members.csv', [HEAD, '=1+1,"x@larkfield.example",Teacher,practitioner,', ...many].join('\n'))
    assert.equal((await rows(page)).length, 1001)
    await fitsWidth(page)
    await press(page, 'Invite everybody in it')
    assert.equal(await heading(page), 'Links to hand over')
    const [download] = await Promise.all([
      page.waitForEvent('download'), page.getByRole('button', { name: 'Download the links as CSV' }).click()
    ])
    const links = readFileSync(await download.path(), 'utf8').trim().split('\n')
    assert.equal(links.length, 1002)
    assert.match(links[1], /^'=1\+1,x@larkfield\.example,http.*\/link#/, 'no spreadsheet takes a name for a formula')
    const other = await here.open()
    await join(other, links[2].split(',')[2], 'kettle heron marble')
    assert.equal(await heading(other), 'My work')
    untroubled(other)
    await other.context().close()
  })

  await t.test('a short table, on the page that shows its links', async () => {
    await visit(page, '/organisation/import')
    await fill(page, { 'The table': `${HEAD}\nAmir Stone,a.stone@larkfield.example,Teaching assistant,practitioner,` })
    await press(page, 'Look at it')
    await look()
    await press(page, 'Invite everybody in it')
    await look()
    await follow(page, 'Members')
  })

  assert.deepEqual(examiner.problems, [])
  untroubled(page)
})

test('on a phone and without script, a table is sent all the same', async () => {
  const page = await here.open({ javaScript: false, viewport: PHONE })
  await signIn(page, ADA)
  await send(page, 'members.csv', `${HEAD}\nIda Thorne,i.thorne@larkfield.example,Teacher,practitioner,\n`)
  await validHtml(await page.shown.text(), page.url())
  await press(page, 'Invite everybody in it')
  assert.match(await said(page), /i\.thorne@larkfield\.example/)
  await validHtml(await page.shown.text(), page.url())
  untroubled(page)
})
