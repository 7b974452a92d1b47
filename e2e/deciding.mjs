// Walking through a decision as a person does: by the words on the page. Used by `decision.test.mjs`.

import { LAPTOP, PHONE, axe, fitsWidth, validHtml } from './support.mjs'

const WITHOUT_IDS = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'id'],
  [/name="(state|kept)" value="[^"]*"/g, '']
]

// A page's HTML without what is another on every visit: the ids of records, and sealed states.
export function normal (text) {
  return WITHOUT_IDS.reduce((left, [pattern, by]) => left.replace(pattern, by), text)
}

// Looks closely at every page it is shown, on a laptop and on a phone; a page that was looked at word for word is not looked at again.
// `problems` holds what was wrong.
export class Examiner {
  problems = []
  #seen = new Set()

  async page (page, { unfolded = false } = {}) {
    await this.#try(async () => { if (page.shown) await validHtml(await page.shown.text(), page.url()) })
    if (unfolded) await page.evaluate(() => { for (const details of document.querySelectorAll('main details')) details.open = true })
    const written = normal(await page.content())
    if (this.#seen.has(written)) return
    this.#seen.add(written)
    const before = page.viewportSize()
    for (const viewport of [PHONE, LAPTOP]) {
      await page.setViewportSize(viewport)
      await this.#try(() => fitsWidth(page))
      await this.#try(() => axe(page))
    }
    await page.setViewportSize(before)
  }

  async #try (check) {
    try { await check() } catch (problem) { this.problems.push(problem.message) }
  }
}

// Does what leads to another page and waits until that page is there; `page.shown` is then what the server sent.
export async function leads (page, doing) {
  const note = response => {
    const request = response.request()
    const leadsOn = response.status() >= 300 && response.status() < 400
    if (request.isNavigationRequest() && request.frame() === page.mainFrame() && !leadsOn) page.shown = response
  }
  page.on('response', note)
  try {
    await Promise.all([page.waitForEvent('load'), doing()])
  } catch (problem) {
    // Which page it was says more than that something was waited for.
    throw new Error(`on “${await page.title()}”, ${new URL(page.url()).pathname}: ${await page.getByRole('button').allInnerTexts()}`, { cause: problem })
  } finally {
    page.off('response', note)
  }
}

export async function visit (page, address) {
  page.shown = await page.goto(address)
}

export async function press (page, name) {
  await leads(page, () => page.getByRole('button', { name, exact: typeof name === 'string' }).first().click())
}

export async function follow (page, name) {
  await leads(page, () => page.getByRole('link', { name, exact: typeof name === 'string' }).first().click())
}

export async function heading (page) {
  return (await page.getByRole('heading', { level: 1 }).innerText()).trim()
}

// Signs in with one press, as the member who has this job.
export async function signInAs (page, job) {
  if (!page.url().includes('/sign-in') && await page.getByRole('button', { name: /^Sign in as / }).count() === 0) await visit(page, '/sign-in')
  const one = page.getByRole('listitem').filter({ hasText: job })
  await leads(page, () => one.getByRole('button', { name: /^Sign in as / }).first().click())
}

// Gives an answer: chooses by label among radios, boxes or a list, or writes; a date is given as its three parts.
export async function answer (page, label, value) {
  const group = page.getByRole('group', { name: label, exact: true })
  if (await group.count()) {
    if (typeof value === 'object' && !Array.isArray(value)) {
      for (const [part, written] of Object.entries(value)) await group.getByLabel(part, { exact: true }).fill(written)
    } else {
      for (const one of [value].flat()) await group.getByLabel(one, { exact: true }).check()
    }
    return
  }
  const list = page.getByRole('combobox', { name: label, exact: true })
  if (await list.count()) await list.selectOption({ label: value })
  else await page.getByRole('textbox', { name: label, exact: true }).fill(value)
}

// Gives several answers, each under its label.
export async function fill (page, answers) {
  for (const [label, value] of Object.entries(answers)) await answer(page, label, value)
}

const GO_ON = /^(Save and continue|Continue)$/

// Goes from question to question as `answers` says, which are kept under each question's heading: one answer, several under
// their labels, or what to do there. A question of which nothing is said is skipped. Ends where the answers are checked, or at
// the question `until`.
export async function walk (page, answers, { at = async () => {}, until = 'Check your answers' } = {}) {
  const visited = []
  for (;;) {
    const question = await heading(page)
    if (visited.at(-1) === question) throw new Error(`“${question}” is not left: ${await page.getByRole('alert').allInnerTexts()}`)
    visited.push(question)
    await at(page)
    if (question === until) return visited
    if (question === 'Do this now') {
      await press(page, 'Go on with the decision')
      continue
    }
    const given = answers[question]
    if (given === undefined) {
      await press(page, 'Skip for now')
      continue
    }
    if (typeof given === 'function') await given(page)
    else if (typeof given === 'object' && !Array.isArray(given)) await fill(page, given)
    else await answer(page, question, given)
    await press(page, GO_ON)
  }
}

// Adds a piece of information from the list of them, and comes back to the list.
export async function add (page, piece) {
  await press(page, 'Add a piece of information')
  await fill(page, piece)
  await press(page, 'Save this piece')
}

// Whether one sees where the focus is: on the element, or on the box or dot that is drawn for it.
export async function focusShows (page) {
  return page.evaluate(() => {
    const one = document.activeElement
    const drawn = [getComputedStyle(one)]
    const label = one.matches('input[type=radio], input[type=checkbox]') ? one.nextElementSibling : null
    if (label) drawn.push(getComputedStyle(label, '::before'))
    return drawn.some(style => (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none')
  })
}
