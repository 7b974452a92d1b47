// Who can see a matter, in several browsers at once: a colleague is invited until a day, another is assigned, a team is given it; and
// when it ends, the other browser has lost it.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Examiner, fill, follow, heading, press, visit } from './deciding.mjs'
import { invite, join, pressBeside, signIn } from './members.mjs'
import { ADA, PHONE, given, startLive, untroubled, validHtml } from './support.mjs'

const COLLEAGUES = [
  { name: 'Robin Vale', job: 'Teacher', email: 'r.vale@larkfield.example', roles: 'Decides on cases' },
  { name: 'Vera Moss', job: 'School nurse', email: 'v.moss@larkfield.example', roles: 'Decides on cases' },
  { name: 'Vera Lunt', job: 'Deputy head', email: 'v.lunt@larkfield.example', roles: 'Manages' }
]
const NEXT_YEAR = String(new Date().getFullYear() + 1)

const here = given(() => startLive({ args: ['--password-alone'] }))

const said = page => page.getByRole('main').innerText()
const OPEN = 'Open this matter to somebody, or hand it on'

test('a matter is opened to those who need to know, and closed again', async t => {
  const examiner = new Examiner()
  const look = page => examiner.page(page, { unfolded: true })
  const ada = await here.open()
  const pages = []
  let matter

  await t.test('three colleagues are here', async () => {
    await signIn(ada, ADA)
    for (const one of COLLEAGUES) {
      const page = await here.open(one.name === 'Vera Lunt' ? { javaScript: true, viewport: PHONE } : {})
      await join(page, await invite(ada, one), 'kettle heron marble')
      pages.push(page)
    }
  })
  const [robin, moss, lunt] = pages

  await t.test('whoever opened it sees who can see it, and nobody else does', async () => {
    await visit(robin, '/decide/not-sharing')
    await robin.getByText('Add names, who asked, and when to look again').click()
    await fill(robin, {
      'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'A neighbour asked', 'Why?': 'Not hers to know.',
      'Names of the people it is about': 'Ottilie Marchbank'
    })
    await press(robin, 'Record this decision')
    await follow(robin, 'A neighbour asked')
    matter = robin.url()
    await look(robin)
    await visit(moss, matter)
    assert.equal(moss.shown.status(), 404)
    await look(moss)
    await visit(moss, '/matters')
    await look(moss)
  })

  await t.test('an invitation says to whom, until when and why, and mistakes are said beside the field', async () => {
    await follow(robin, OPEN)
    await look(robin)
    await press(robin, 'Open it to them')
    assert.match(await robin.title(), /^Error: /)
    assert.match(await robin.getByRole('alert').innerText(), /Choose what you want to do\.\s+Say why they need to know\./)
    await look(robin)
    await fill(robin, {
      'What do you want to do?': 'Invite a colleague', 'Your colleague’s name': 'vera', 'Why do they need to know?': 'She sees her at the clinic',
      'Until when?': { Day: '31', Month: '2', Year: NEXT_YEAR }
    })
    await press(robin, 'Open it to them')
    assert.match(await robin.getByRole('alert').innerText(), /Several colleagues[^]*Enter a real date/)
    await robin.getByRole('alert').getByRole('link', { name: /^Enter a real date/ }).click()
    assert.equal(await robin.evaluate(() => document.activeElement.id), 'until-day')
    await look(robin)
    await fill(robin, { 'Until when?': { Day: '28' } })
    await press(robin, 'Open it to them')
    assert.match(await robin.getByRole('alert').innerText(), /Several colleagues/)
    await look(robin)
    await robin.getByLabel('Vera Moss').check()
    await press(robin, 'Open it to them')
    assert.equal(robin.url().split('?')[0], matter)
    assert.match(await robin.getByRole('status').innerText(), /Who can see this matter, until when and why/)
    assert.match(await said(robin), new RegExp(`Vera Moss, School nurse\\s+They were invited, until the end of 28 February ${NEXT_YEAR}`))
    await look(robin)
    await visit(moss, '/matters')
    await follow(moss, 'A neighbour asked')
    await look(moss)
  })

  await t.test('once it is ended, the other browser has lost it', async () => {
    await pressBeside(robin, 'Vera Moss', /^End this now/)
    assert.match(await said(robin), /Who no longer can/)
    await look(robin)
    await visit(moss, matter)
    assert.equal(moss.shown.status(), 404)
    await visit(moss, '/matters')
    assert.doesNotMatch(await said(moss), /neighbour/)
    await pressBeside(robin, 'Robin Vale', /^End this now/)
    assert.match(await robin.getByRole('alert').innerText(), /Nobody else could then work on this matter/)
    await look(robin)
  })

  await t.test('a team is given it, and is neither closed nor emptied while the matter is with it alone', async () => {
    await visit(ada, '/organisation/teams/new')
    await fill(ada, { 'What is it called?': 'Pastoral', 'Who is in it?': 'Vera Lunt, Deputy head' })
    await press(ada, 'Save this team')
    await visit(robin, `${matter}/involve`)
    await look(robin)
    await fill(robin, { 'What do you want to do?': 'Give it to a team', 'Why do they need to know?': 'They look after the class', 'Until when?': { Day: '', Month: '', Year: '' } })
    await press(robin, 'Open it to them')
    await robin.getByRole('alert').getByRole('link', { name: 'Choose a team.' }).click()
    assert.equal(await robin.evaluate(() => document.activeElement.id), 'team')
    await fill(robin, { 'Which team?': 'Pastoral' })
    await press(robin, 'Open it to them')
    await look(robin)
    await visit(lunt, matter)
    assert.equal(await heading(lunt), 'A neighbour asked')
    await visit(robin, matter)
    await pressBeside(robin, 'Robin Vale', /^End this now/)
    assert.equal(await heading(robin), 'Matters')
    await look(robin)
    await visit(ada, '/organisation/teams')
    await follow(ada, 'Pastoral')
    await press(ada, 'Close this team')
    assert.match(await ada.getByRole('alert').innerText(), /Nobody could work on some of this team’s matters/)
    await look(ada)
  })

  await t.test('handed on, it is theirs alone; without script as well', async () => {
    const plain = await here.open({ javaScript: false, viewport: PHONE })
    await signIn(plain, { email: COLLEAGUES[2].email, password: 'kettle heron marble' })
    await visit(plain, `${matter}/involve`)
    await fill(plain, { 'What do you want to do?': 'Hand it on to a colleague', 'Your colleague’s name': 'robin', 'Why do they need to know?': 'He teaches her' })
    await press(plain, 'Open it to them')
    await validHtml(await plain.shown.text(), plain.url())
    await visit(robin, matter)
    assert.match(await said(robin), /Robin Vale, Teacher\s+It is assigned to them, with no end/)
    await pressBeside(robin, 'Pastoral', /^End this now/)
    await visit(plain, matter)
    assert.equal(plain.shown.status(), 404)
    untroubled(plain)
    await plain.context().close()
  })

  await t.test('a suspension that leaves it with nobody says so, a manager hands it on unread, and whoever comes back finds it', async () => {
    await visit(ada, '/organisation/members')
    await follow(ada, 'Robin Vale')
    const robins = ada.url()
    await press(ada, 'Suspend')
    assert.match(await said(ada), /Nobody can work on 1 matter that they are involved in\. Managers are told/)
    assert.doesNotMatch(await said(ada), /neighbour|Marchbank/)
    await look(ada)
    await visit(lunt, '/')
    await look(lunt)
    await follow(lunt, '1 matter on which nobody can work: hand it on')
    assert.equal(await heading(lunt), 'Matters on which nobody can work')
    await look(lunt)
    await follow(lunt, /^A matter opened/)
    assert.doesNotMatch(await said(lunt), /neighbour|Marchbank/)
    await look(lunt)
    await press(lunt, 'Hand it on')
    assert.match(await lunt.getByRole('alert').innerText(), /Choose who takes this matter/)
    await fill(lunt, { 'Who takes it?': 'Vera Moss, School nurse' })
    await press(lunt, 'Hand it on')
    assert.match(await lunt.getByRole('status').innerText(), /The matter was handed on/)
    await look(lunt)
    await follow(lunt, /^Matters$/)
    await look(lunt)
    await follow(lunt, 'Matters on which nobody can work')
    await look(lunt)
    await visit(moss, matter)
    assert.equal(await heading(moss), 'A neighbour asked')
    await visit(ada, robins)
    assert.doesNotMatch(await said(ada), /Nobody can work on/)
    await press(ada, 'Let in again')
    await signIn(robin, { email: COLLEAGUES[0].email, password: 'kettle heron marble' })
    await visit(robin, matter)
    assert.equal(await heading(robin), 'A neighbour asked')
  })

  assert.deepEqual(examiner.problems, [])
  for (const page of [ada, ...pages]) untroubled(page)
})
