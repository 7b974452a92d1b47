// Passkeys: the one thing that a page cannot do without script. A form marked `data-passkey="get"` or `"create"` asks the server what to
// ask (`data-passkey-ask`), asks the browser, and is then sent like any other form, with the answer in it. What the server refuses, it
// says on the page that comes back.

const STOPPED = 'Nothing was done: it was stopped, took too long, or is not allowed in this browser. Try again, or use another way.'
const HERE_ALREADY = 'This device or key has a passkey for you already.'
const CANNOT = 'This device or key cannot keep such a passkey: it has to ask for your fingerprint, your face or a PIN. Use another one.'
const WRONG_PLACE = 'Passkeys do not work at this address. Tell whoever looks after Sharewell.'
const UNREACHABLE = 'Sharewell cannot be reached. Check your connection, then try again.'

const bytes = text => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), letter => letter.charCodeAt(0))

function text (buffer) {
  if (buffer === null || buffer === undefined) return null
  const letters = Array.from(new Uint8Array(buffer), byte => String.fromCharCode(byte)).join('')
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

// What stands in base64url in the server's words is bytes in the browser's.
function understood ({ publicKey }) {
  const credentials = list => list?.map(one => ({ ...one, id: bytes(one.id), transports: one.transports ?? [] }))
  const asked = { ...publicKey, challenge: bytes(publicKey.challenge) }
  if (asked.user) asked.user = { ...asked.user, id: bytes(asked.user.id) }
  if (asked.excludeCredentials) asked.excludeCredentials = credentials(asked.excludeCredentials)
  if (asked.allowCredentials) asked.allowCredentials = credentials(asked.allowCredentials)
  return asked
}

function answered (credential) {
  const { response } = credential
  const said = { clientDataJSON: text(response.clientDataJSON) }
  if ('attestationObject' in response) {
    said.attestationObject = text(response.attestationObject)
  } else {
    said.authenticatorData = text(response.authenticatorData)
    said.signature = text(response.signature)
    said.userHandle = text(response.userHandle)
  }
  return JSON.stringify({ id: credential.id, rawId: text(credential.rawId), type: credential.type, response: said, extensions: {} })
}

function why (error) {
  switch (error?.name) {
    case 'InvalidStateError': return HERE_ALREADY
    case 'ConstraintError':
    case 'NotSupportedError': return CANNOT
    case 'SecurityError': return WRONG_PLACE
    default: return STOPPED
  }
}

class Asking {
  constructor (form) {
    this.form = form
    this.button = form.querySelector('[data-passkey-button]')
    this.says = form.querySelector('[data-passkey-says]')
    this.busy = false
    this.button.hidden = false
    for (const part of form.querySelectorAll('[data-passkey-part]')) part.hidden = false
    form.querySelector('[data-passkey-not]').hidden = true
    form.addEventListener('submit', event => {
      event.preventDefault()
      this.ask()
    })
    // Coming back to a page that the browser kept whole: it asks again.
    window.addEventListener('pageshow', () => { this.busy = false })
  }

  // Focus stays on the button, which is never disabled; what is said is read out, since it stands in a region that speaks.
  say (words) {
    this.says.textContent = words
  }

  async ask () {
    if (this.busy) return
    this.busy = true
    this.say('Follow what your browser or your device asks.')
    let asked
    try {
      const fields = new URLSearchParams(new FormData(this.form))
      const answer = await fetch(this.form.dataset.passkeyAsk, {
        method: 'POST', body: fields, credentials: 'same-origin', redirect: 'manual', signal: AbortSignal.timeout(20_000)
      })
      // What is to be put right first comes back as a page: the form is sent as it is.
      if (!answer.ok) return this.form.submit()
      asked = await answer.json()
    } catch {
      return this.stop(UNREACHABLE)
    }
    try {
      const publicKey = understood(asked.options)
      const credential = await navigator.credentials[this.form.dataset.passkey]({ publicKey })
      this.form.elements.namedItem('question').value = asked.question
      this.form.elements.namedItem('answer').value = answered(credential)
    } catch (error) {
      return this.stop(why(error))
    }
    this.say('Thank you. One moment.')
    this.form.submit()
  }

  stop (words) {
    this.busy = false
    this.say(words)
  }
}

// Browsers bind passkeys to a name. At a number, as of this machine, they refuse.
const isNamed = !/^[\d.]+$|^\[/.test(window.location.hostname)
if (window.isSecureContext && isNamed && 'PublicKeyCredential' in window && navigator.credentials) {
  for (const form of document.querySelectorAll('form[data-passkey]')) new Asking(form)
}
