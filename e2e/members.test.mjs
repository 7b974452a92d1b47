// An administrator's first day, in a browser, on an installation made for real work: what there is to do, a colleague who joins by a
// link, suspending, roles, and leaving with the work handed on; whoever may not come in any more is out at once, wherever they sit.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Examiner, fill, focusShows, follow, heading, leads, press, visit } from './deciding.mjs'
import { invite, openLink, setUpCode, signIn, type } from './members.mjs'
import { ADA, PHONE, given, startLive, untroubled, validHtml } from './support.mjs'

const ROBIN = { name: 'Robin Vale', job: 'Teacher', email: 'r.vale@larkfield.example', password: 'kettle heron marble', roles: 'Decides on cases' }
const VERA = { name: 'Vera Moss', job: 'School nurse', email: 'v.moss@larkfield.example', password: 'walnut ferry cloud', roles: 'Decides on cases' }

const here = given(startLive)

const said = page => page.getByRole('main').innerText()

// A form that is sent with a mistake says so beside the field, in the title, and in a summary that leads there.
async function refused (page, id) {
  assert.match(await page.title(), /^Error: /)
  await page.getByRole('alert').getByRole('link').first().click()
  assert.equal(await page.evaluate(() => document.activeElement.id), id)
  assert.ok(await page.locator(`#${id}-error`).count() || await page.locator(`#${id.replace(/-day$/, '')}-error`).count())
}

test('the first day: what is to be done, a colleague who joins, is suspended, changed, and leaves', async t => {
  const ada = await here.open()
  const robin = await here.open()
  const examiner = new Examiner()
  const look = page => examiner.page(page, { unfolded: true })
  const vera = await here.open({ javaScript: false, viewport: PHONE })
  let link, veras, robinAt, codes

  await t.test('the administrator finds what is to be done, first of all', async () => {
    await signIn(ada, ADA, setUpCode)
    await look(ada)
    await follow(ada, 'Look after your organisation')
    const due = await ada.getByRole('listitem').filter({ hasText: 'To do' }).getByRole('heading').allInnerTexts()
    assert.deepEqual(due, ['What the organisation is', 'Numbers to ring', 'Invite a member', 'Who answers for what', 'Partnerships and secure e-mail'])
    await look(ada)
    await follow(ada, 'What the organisation is')
    await look(ada)
    for (const question of await ada.getByRole('main').getByRole('group').all()) await question.getByLabel('No', { exact: true }).check()
    await press(ada, 'Save these answers')
    assert.match(await ada.getByRole('status').innerText(), /The answers were saved/)
    await look(ada)
  })

  await t.test('a number is shown once it can be rung and is confirmed', async () => {
    await visit(ada, '/organisation')
    await follow(ada, 'Numbers to ring')
    await look(ada)
    await follow(ada, "Children's social care, Halton Borough Council")
    await fill(ada, { 'Telephone number': '01632 960101, option 2', 'Where the number comes from': 'The council’s website' })
    await press(ada, 'Save this number')
    await refused(ada, 'phone')
    await look(ada)
    assert.equal(await ada.getByLabel('Whose front door is it?').inputValue(), 'Halton Borough Council')
    await fill(ada, { 'Telephone number': '01632 960101', 'When it is answered': 'Day and night; option 2' })
    await press(ada, 'Save this number')
    assert.match(await ada.getByRole('status').innerText(), /Nobody is shown it until it is confirmed/)
    await look(ada)
    await follow(ada, /^Confirm or change it/)
    await look(ada)
    await fill(ada, { 'Is it confirmed?': 'I rang this number, or had it confirmed' })
    await press(ada, 'Save this number')
    assert.match(await said(ada), /01632 960101\s+Confirmed/)
    await ada.getByText('Is a child in danger now? What to do').click()
    assert.equal(await ada.getByRole('link', { name: '01632 960101' }).getAttribute('href'), 'tel:01632960101')
  })

  await t.test('whoever answers for data protection outside is named with how they are reached', async () => {
    await visit(ada, '/organisation/responsible')
    await look(ada)
    await fill(ada, { 'Data protection officer outside': 'The council’s schools team' })
    await press(ada, 'Save these answers')
    await refused(ada, 'dpo_contact')
    await look(ada)
    await fill(ada, { 'How the officer outside is reached': 'dpo@northmere.example' })
    await press(ada, 'Save these answers')
    await visit(ada, '/organisation/partners')
    await look(ada)
    await fill(ada, { 'To which safeguarding partnerships does it belong?': 'Halton', 'Secure e-mail domains': 'nhs.net\nno domain' })
    await press(ada, 'Save these answers')
    await refused(ada, 'domains')
    await fill(ada, { 'Secure e-mail domains': 'nhs.net' })
    await press(ada, 'Save these answers')
    assert.match(await ada.getByRole('status').innerText(), /The answers were saved/)
  })

  await t.test('an invitation is a link that is shown once', async () => {
    await visit(ada, '/organisation/members/invite')
    await look(ada)
    await press(ada, 'Make the link')
    await refused(ada, 'name')
    await look(ada)
    link = await invite(ada, ROBIN)
    await look(ada)
    assert.match(link, /\/link#/)
    await ada.getByRole('button', { name: 'Copy this link' }).waitFor()
    await follow(ada, `Go to ${ROBIN.name}`)
    robinAt = ada.url()
    await look(ada)
    assert.doesNotMatch(await ada.content(), /\/link#/)
  })

  await t.test('by keyboard alone, somebody is invited as well', async () => {
    const typed = { name: 'Ida Thorne', role_title: 'Teacher', email: 'i.thorne@larkfield.example' }
    await visit(ada, '/organisation/members/invite')
    for (let stops = 0; ; stops += 1) {
      assert.ok(stops < 60, 'the button is not reached')
      await ada.keyboard.press('Tab')
      assert.ok(await focusShows(ada), `where the focus is, is not seen after ${stops} stops`)
      const at = await ada.evaluate(() => ({ id: document.activeElement.id, words: document.activeElement.textContent.trim() }))
      if (typed[at.id]) await ada.keyboard.type(typed[at.id])
      if (at.id === 'roles') await ada.keyboard.press('Space')
      if (at.words === 'Make the link') break
    }
    await leads(ada, () => ada.keyboard.press('Enter'))
    assert.equal(await heading(ada), 'A link for Ida Thorne')
  })

  await t.test('with script, the secret goes from the address into the page, and to no server in an address', async () => {
    const asked = []
    robin.on('request', request => asked.push(request.url()))
    await openLink(robin, link)
    assert.equal(await heading(robin), 'You are invited to Larkfield School')
    assert.equal(new URL(robin.url()).hash, '')
    const secret = link.split('#')[1]
    assert.ok(asked.length > 0 && asked.every(address => !address.includes(secret)))
    await look(robin)
    await type(robin, 'Your password', 'larkfield')
    await press(robin, 'Set this password')
    await refused(robin, 'password')
    await look(robin)
    await type(robin, 'Your password', ROBIN.password)
    await press(robin, 'Set this password')
    assert.equal(await heading(robin), 'Set up a second way to prove who you are')
    codes = await setUpCode(robin)
    assert.equal(await heading(robin), 'My work')
    await look(robin)
  })

  await t.test('what is no link any more says so, and the next link opens in the same window', async () => {
    const other = await here.open()
    await openLink(other, link)
    assert.match(await said(other), /This link does not hold/)
    await look(other)
    await other.keyboard.press('Tab')
    await other.keyboard.press('Enter')
    assert.match(await said(other), /This link does not hold/, 'going to the main part sends nothing')
    veras = await invite(ada, VERA)
    await openLink(other, veras)
    assert.equal(await heading(other), 'You are invited to Larkfield School')
    untroubled(other)
    await other.context().close()
  })

  await t.test('without script, the whole link is pasted', async () => {
    const looked = async () => validHtml(await vera.shown.text(), vera.url())
    await visit(vera, veras)
    assert.match(await said(vera), /Copy the whole link/)
    await looked()
    await press(vera, 'Open it')
    assert.match(await vera.title(), /^Error: /)
    await looked()
    await fill(vera, { 'Your link': veras })
    await press(vera, 'Open it')
    assert.equal(await heading(vera), 'You are invited to Larkfield School')
    await looked()
    await type(vera, 'Your password', VERA.password)
    await press(vera, 'Set this password')
    await looked()
    await setUpCode(vera)
    assert.equal(await heading(vera), 'My work')
  })

  await t.test('whoever is suspended is out at once, and let in again they come in as before', async () => {
    await visit(ada, robinAt)
    await press(ada, 'Suspend')
    assert.match(await ada.getByRole('status').innerText(), /They are suspended/)
    await look(ada)
    await visit(robin, '/matters')
    assert.equal(await heading(robin), 'Sign in')
    await signIn(robin, ROBIN)
    assert.match(await robin.title(), /^Error: /)
    await press(ada, 'Let in again')
    await look(ada)
    await signIn(robin, ROBIN, async page => {
      await fill(page, { 'One-time code': codes[0] })
      await press(page, 'Go on')
    })
    assert.equal(await heading(robin), 'My work')
  })

  await t.test('roles are changed, and hold at once', async () => {
    await visit(ada, robinAt)
    await ada.getByText('Change name, job, address or roles').click()
    await fill(ada, { Name: '' })
    await press(ada, 'Save these changes')
    await refused(ada, 'name')
    await look(ada)
    assert.equal(await robin.getByRole('link', { name: 'Organisation', exact: true }).count(), 0)
    await fill(ada, { Name: 'Robin Vale-Ash', 'What will they do here?': ['Decides on cases', 'Administers'] })
    await press(ada, 'Save these changes')
    assert.match(await said(ada), /name from “Robin Vale” to “Robin Vale-Ash”/)
    await look(ada)
    await visit(robin, '/')
    await follow(robin, 'Organisation')
    await follow(robin, 'Members')
    await look(robin)
  })

  await t.test('a team is made of those who are here', async () => {
    await visit(ada, '/organisation/teams')
    await look(ada)
    await follow(ada, 'Make a team')
    await press(ada, 'Save this team')
    await refused(ada, 'name')
    await look(ada)
    await fill(ada, { 'What is it called?': 'Pastoral', 'Who is in it?': 'Robin Vale-Ash, Teacher' })
    await press(ada, 'Save this team')
    await look(ada)
    await follow(ada, 'Pastoral')
    await look(ada)
  })

  await t.test('whoever leaves hands their work on first, and is out at once', async () => {
    await visit(robin, '/decide/not-sharing')
    await robin.getByText('Add names, who asked, and when to look again').click()
    await fill(robin, { 'What do you decide?': 'I am not sharing', 'Whom and what is this about, in a line?': 'A neighbour asked', 'Why?': 'Not hers to know.' })
    await press(robin, 'Record this decision')
    await visit(ada, robinAt)
    await follow(ada, 'Robin Vale-Ash leaves')
    assert.doesNotMatch(await said(ada), /neighbour/, 'an administrator who works with no case reads no title')
    await look(ada)
    await press(ada, 'Confirm that they leave')
    await refused(ada, 'to')
    await look(ada)
    await fill(ada, { 'Who takes over everything?': 'Vera Moss, School nurse' })
    await press(ada, 'Confirm that they leave')
    assert.match(await ada.getByRole('status').innerText(), /They no longer work here/)
    await look(ada)
    await visit(robin, '/matters')
    assert.equal(await heading(robin), 'Sign in')
    await visit(vera, '/matters')
    await follow(vera, 'A neighbour asked')
    assert.match(await said(vera), /Vera Moss, School nurse/)
  })

  assert.deepEqual(examiner.problems, [])
  for (const page of [ada, robin, vera]) untroubled(page)
})
