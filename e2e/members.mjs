// Getting in and being let in, by the words on the pages. Used by the tests of members, of importing and of involving.

import { fill, leads, press, visit } from './deciding.mjs'
import { code } from './support.mjs'

export async function type (page, label, words) {
  await page.getByLabel(label, { exact: true }).fill(words)
}

// Signs in on the page to do so; `then` goes on where a one-time code is asked for or set up.
export async function signIn (page, { email, password }, then = async () => {}) {
  await visit(page, '/sign-in')
  await fill(page, { 'E-mail address': email })
  await type(page, 'Password', password)
  await press(page, 'Sign in')
  await then(page)
}

// Sets up the one-time code that is asked for, and answers the recovery codes.
export async function setUpCode (page) {
  await fill(page, { 'One-time code': code(await page.getByRole('main').getByRole('code').innerText()) })
  await press(page, 'Set it up')
  const codes = await page.getByRole('main').getByRole('code').allInnerTexts()
  await press(page, 'I have kept them. Go on')
  return codes
}

// Opens a link as a browser does that has script: it goes on by itself.
export async function openLink (page, link) {
  const leading = page.waitForResponse(response => response.request().method() === 'POST' && response.url().endsWith('/link'))
  await page.goto(link)
  page.shown = await leading
  await page.waitForLoadState()
}

// Invites a colleague and answers the link that is to be handed over.
export async function invite (administrator, { name, job, email, roles }) {
  await visit(administrator, '/organisation/members/invite')
  await fill(administrator, { Name: name, Job: job, 'E-mail address': email, 'What will they do here?': roles })
  await press(administrator, 'Make the link')
  return administrator.locator('#link').innerText()
}

// Joins by a link, where a password alone is enough.
export async function join (page, link, password) {
  await openLink(page, link)
  await type(page, 'Your password', password)
  await press(page, 'Set this password')
}

// Presses what stands beside these words in a list.
export async function pressBeside (page, words, name) {
  await leads(page, () => page.getByRole('listitem').filter({ hasText: words }).getByRole('button', { name }).first().click())
}
