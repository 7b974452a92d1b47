// A real mail server for the tests beside this file: npm's `smtp-server`, over TLS, for those who sign in. It says its port, and then each
// mail that it took, as a line of JSON.

import { readFileSync } from 'node:fs'
import { SMTPServer } from 'smtp-server'

const [mode, folder, wanted] = process.argv.slice(2)
const say = value => process.stdout.write(`${JSON.stringify(value)}\n`)

const server = new SMTPServer({
  secure: mode === 'tls',
  key: readFileSync(`${folder}/server.key`),
  cert: readFileSync(`${folder}/server.pem`),
  authMethods: ['PLAIN', 'LOGIN'],
  onAuth ({ username, password }, session, done) {
    const known = session.secure && username === 'sharewell' && password === 'a secret of this test'
    return known ? done(null, { user: username }) : done(new Error('who is that'))
  },
  onRcptTo ({ address }, session, done) {
    return address.startsWith('nobody') ? done(new Error(`550 <${address}> is unknown here`)) : done()
  },
  onData (stream, session, done) {
    let text = ''
    stream.setEncoding('utf8')
    stream.on('data', part => { text += part })
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope
      say({ secure: session.secure, user: session.user, from: mailFrom.address, to: rcptTo.map(to => to.address), text })
      done()
    })
  }
})
server.on('error', () => {})
server.listen(Number(wanted), '127.0.0.1', () => say({ port: server.server.address().port }))
