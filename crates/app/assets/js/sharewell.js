// Sharewell's pages work without script; this only makes them kinder. Nothing is kept in the browser's storage, since
// laptops are shared: what has not reached the server stays in the open page and nowhere else.

import {
  createAll,
  Button,
  CharacterCount,
  Checkboxes,
  ErrorSummary,
  NotificationBanner,
  PasswordInput,
  Radios,
  ServiceNavigation,
  SkipLink,
  Tabs
} from './govuk-frontend.min.js'

const AUTOSAVE_SECONDS = 5

document.body.classList.add('js-enabled')
if ('noModule' in HTMLScriptElement.prototype) document.body.classList.add('govuk-frontend-supported')

for (const component of [
  Button, CharacterCount, Checkboxes, ErrorSummary, NotificationBanner,
  PasswordInput, Radios, ServiceNavigation, SkipLink, Tabs
]) {
  createAll(component)
}

// 3:15pm, as it is in the places Sharewell is used in, whatever the laptop's own zone.
export function clockTime (date) {
  const parts = new Intl.DateTimeFormat('en-GB', {
    hour: 'numeric', minute: '2-digit', hour12: true, timeZone: 'Europe/London'
  }).formatToParts(date)
  const part = type => parts.find(candidate => candidate.type === type)?.value ?? ''
  return `${Number(part('hour')) || 12}:${part('minute')}${part('dayPeriod').replaceAll('.', '').replace(' ', '').toLowerCase()}`
}

// What the form would send, as text, to see whether anything changed since the last save.
function written (form) {
  const fields = new URLSearchParams()
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string') fields.append(name, value)
  }
  return fields
}

// A form marked `data-autosave` is sent to its own action every few seconds while it changes, with the header
// `Sharewell-Autosave: 1`, so that the server keeps it as a draft without judging it. Any 2xx answer means kept. If the
// answer carries `Sharewell-Version`, the hidden field `version` follows it.
class Autosave {
  constructor (form) {
    this.form = form
    this.kept = written(form).toString()
    // What is on its way to the server, until it has answered.
    this.sending = null
    this.waiting = false
    this.leaving = false
    this.status = form.querySelector('[data-autosave-status]') ?? this.makeStatus()
    this.status.hidden = false

    const seconds = Number(form.dataset.autosave) || AUTOSAVE_SECONDS
    setInterval(() => this.save(), seconds * 1000)
    form.addEventListener('submit', event => this.submitted(event))
    window.addEventListener('offline', () => this.sayOffline())
    window.addEventListener('online', () => this.save())
    window.addEventListener('beforeunload', event => this.warn(event))
    // Coming back to a page that the browser kept whole: it is a page to write on again.
    window.addEventListener('pageshow', () => { this.leaving = false })
  }

  makeStatus () {
    const status = document.createElement('p')
    status.className = 'sw-save-status'
    status.setAttribute('role', 'status')
    status.setAttribute('aria-live', 'polite')
    this.form.append(status)
    return status
  }

  get changed () {
    return written(this.form).toString() !== this.kept
  }

  say (words, offline = false) {
    // Said once: a live region that repeats itself every few seconds would talk over the person's own typing.
    if (this.status.textContent !== words) this.status.textContent = words
    this.status.classList.toggle('sw-save-status--offline', offline)
  }

  sayOffline () {
    this.say('You are offline. What you typed is still on this page.', true)
  }

  async save () {
    if (this.sending || this.leaving || !this.changed) return
    if (navigator.onLine === false) return this.sayOffline()

    this.sending = this.send(written(this.form))
    await this.sending
    this.sending = null
  }

  async send (fields) {
    try {
      const answer = await fetch(this.form.getAttribute('action') || window.location.href, {
        method: 'POST',
        body: fields,
        headers: { 'Sharewell-Autosave': '1' },
        credentials: 'same-origin',
        redirect: 'manual',
        signal: AbortSignal.timeout(10_000)
      })
      this.answered(answer, fields.toString())
    } catch {
      this.sayOffline()
    }
  }

  answered (answer, sent) {
    if (answer.ok) {
      this.kept = sent
      this.follow(answer.headers.get('Sharewell-Version'))
      this.say(`Saved at ${clockTime(new Date())}`)
    } else if (answer.status === 409) {
      this.say('This was changed somewhere else, so it was not saved. What you typed is still on this page.', true)
    } else if (answer.type === 'opaqueredirect' || answer.status === 401 || answer.status === 403) {
      this.say('You may have been signed out. What you typed is still on this page. Continue to sign in and keep it.', true)
    } else {
      this.say('Not saved yet. What you typed is still on this page.', true)
    }
  }

  follow (version) {
    const field = this.form.querySelector('input[type="hidden"][name="version"]')
    if (version === null || field === null) return
    const current = written(this.form).toString() === this.kept
    field.value = version
    if (current) this.kept = written(this.form).toString()
  }

  // Sending while offline would replace the page, and the text on it, with the browser's own error page. Sending while a save is on its
  // way would carry the version that the save replaces, and be refused: it is sent once that is answered.
  submitted (event) {
    if (navigator.onLine === false) {
      event.preventDefault()
      this.sayOffline()
      this.status.scrollIntoView({ block: 'center' })
      return
    }
    if (this.sending === null) {
      this.leaving = true
      return
    }
    event.preventDefault()
    if (this.waiting) return
    this.waiting = true
    const { submitter } = event
    this.sending.then(() => {
      this.waiting = false
      this.form.requestSubmit(submitter)
    })
  }

  warn (event) {
    if (this.leaving || !this.changed) return
    event.preventDefault()
    event.returnValue = ''
  }
}

// Buttons that need script are written `hidden` into the page and shown here.
function copyButton (button) {
  const said = document.createElement('span')
  said.className = 'sw-copied'
  said.setAttribute('role', 'status')
  button.after(' ', said)
  button.hidden = false
  button.addEventListener('click', async () => {
    const source = button.dataset.copy ? document.querySelector(button.dataset.copy) : null
    try {
      await navigator.clipboard.writeText((source?.value ?? source?.textContent ?? button.dataset.copyText ?? '').trim())
      said.textContent = 'Copied'
    } catch {
      said.textContent = 'Copying is not allowed here. Select the text and copy it.'
    }
  })
}

function printButton (button) {
  button.hidden = false
  button.addEventListener('click', () => window.print())
}

// A link's secret stands after the `#`, where no server and no log sees it. It goes from there into the form and out of the
// browser's history. A second link that is opened where the page is open already loads nothing: only what is after the `#` changes.
function fromFragment (form) {
  const take = () => {
    const code = window.location.hash.slice(1)
    // What leads to a place in the page, such as “Skip to main content”, has no dot in it; a code has.
    if (!code.includes('.')) return
    window.history.replaceState(null, '', window.location.pathname)
    form.elements.namedItem(form.dataset.fromFragment).value = code
    form.requestSubmit()
  }
  take()
  window.addEventListener('hashchange', take)
}

// Leaves at once, without a warning about unsaved text and without an entry to come back to.
function quickExit (link) {
  link.addEventListener('click', event => {
    event.preventDefault()
    for (const autosave of autosaves) autosave.leaving = true
    document.body.hidden = true
    document.title = ''
    window.location.replace(link.href)
  })
}

// A browser that cannot open folded parts by style alone when printing gets them opened, and closed again.
function unfoldForPrinting () {
  let opened = []
  window.addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll('main details:not([open])')]
    for (const details of opened) details.open = true
  })
  window.addEventListener('afterprint', () => {
    for (const details of opened) details.open = false
  })
}

const autosaves = [...document.querySelectorAll('form[data-autosave]')].map(form => new Autosave(form))
document.querySelectorAll('[data-copy], [data-copy-text]').forEach(copyButton)
document.querySelectorAll('[data-print]').forEach(printButton)
document.querySelectorAll('form[data-from-fragment]').forEach(fromFragment)
document.querySelectorAll('a[data-quick-exit]').forEach(quickExit)
unfoldForPrinting()
if (document.querySelector('form[data-passkey]')) import('./passkeys.js')
