#!/usr/bin/env node
// Fetches the pinned third-party assets and builds what the program embeds, into git-ignored folders:
//
//   crates/app/assets/build/           style, scripts, images and the GOV.UK components as Jinja macros
//   crates/document/fonts/             the fonts that PDF records embed
//
// Nothing third-party is committed. Runs again cheaply: a stamp holds the digest of everything that goes in, and a file
// whose content is unchanged is not touched, so that Cargo does not rebuild what embeds it.

import { createHash } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...parts) => join(root, ...parts)

const modules = at('node_modules')
const cache = at('.cache')
const assets = at('crates/app/assets')
const build = at('crates/app/assets/build')
const fonts = at('crates/document/fonts')
const stamp = join(build, '.stamp')

// Source Sans 3 is the record's own face; the others take over for what it cannot write. Regular and bold of each.
const FACES = [
  ['source-sans-3', 'SourceSans3'], ['noto-sans', 'NotoSans'], ['noto-sans-arabic', 'NotoSansArabic'],
  ['noto-sans-hebrew', 'NotoSansHebrew'], ['noto-sans-bengali', 'NotoSansBengali'],
  ['noto-sans-gurmukhi', 'NotoSansGurmukhi'], ['noto-sans-gujarati', 'NotoSansGujarati'],
  ['noto-sans-tamil', 'NotoSansTamil'], ['noto-sans-ethiopic', 'NotoSansEthiopic']
]

// What carries the crown; Sharewell has its own page, header and footer.
const CROWNED = ['template.html', 'macros/logo.html', 'components/header/', 'components/footer/']

function fail (words) {
  console.error(`assets: ${words}`)
  process.exit(1)
}

function run (command, args, { quiet = true } = {}) {
  const ran = spawnSync(command, args, { cwd: root, encoding: 'utf8', stdio: quiet ? 'pipe' : 'inherit' })
  return { ok: ran.status === 0, said: `${ran.stdout ?? ''}${ran.stderr ?? ''}${ran.error?.message ?? ''}`, out: ran.stdout }
}

function digest (...contents) {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(content).update('\0')
  return hash.digest('hex')
}

function filesUnder (folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
}

function place (path, content) {
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content))) return
  mkdirSync(dirname(path), { recursive: true })
  const fresh = `${path}.${process.pid}.new`
  writeFileSync(fresh, content)
  renameSync(fresh, path)
}

function nodePackages () {
  const wanted = digest(readFileSync(at('package-lock.json')))
  const installed = join(modules, '.sharewell-lock')
  if (existsSync(installed) && readFileSync(installed, 'utf8') === wanted) return
  console.log('assets: fetching the Node packages that package-lock.json pins')
  const ran = run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  if (!ran.ok) fail(`npm ci did not succeed.\n${ran.said}`)
  writeFileSync(installed, wanted)
}

// The wheel is fetched by hash and unpacked, never installed, so that an externally managed Python is no hindrance.
function jinjaMacros () {
  const list = at('tools/python-assets.txt')
  const folder = join(cache, `jinja-${digest(readFileSync(list)).slice(0, 12)}`)
  if (existsSync(join(folder, 'govuk_frontend_jinja'))) return join(folder, 'govuk_frontend_jinja/templates')
  console.log('assets: fetching the Python package that tools/python-assets.txt pins')
  const wheels = join(cache, 'wheels')
  rmSync(wheels, { recursive: true, force: true })
  const download = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-deps', '--require-hashes',
    '--only-binary', ':all:', '--dest', wheels, '--requirement', list]
  const ran = run(pythonWithPip(), download)
  if (!ran.ok) fail(`pip download did not succeed.\n${ran.said}`)
  for (const wheel of readdirSync(wheels)) {
    const unpacked = run('python3', ['-m', 'zipfile', '-e', join(wheels, wheel), `${folder}.new`])
    if (!unpacked.ok) fail(`could not unpack ${wheel}.\n${unpacked.said}`)
  }
  renameSync(`${folder}.new`, folder)
  return join(folder, 'govuk_frontend_jinja/templates')
}

function pythonWithPip () {
  if (run('python3', ['-m', 'pip', '--version']).ok) return 'python3'
  const own = join(cache, 'venv')
  const made = run('python3', ['-m', 'venv', own])
  if (!made.ok) fail(`Python 3 with pip or venv is needed (Debian: python3-pip or python3-venv).\n${made.said}`)
  return join(own, 'bin/python')
}

function style () {
  const govuk = join(modules, 'govuk-frontend/dist')
  const sass = join(modules, 'sass/sass.js')
  const ran = run(process.execPath, [sass, '--no-source-map', '--style=compressed', `--load-path=${govuk}`,
    join(assets, 'sass/sharewell.scss')])
  if (!ran.ok) fail(`the style does not compile.\n${ran.said}`)
  for (const reserved of ['GDS Transport', 'govuk-crest', 'govuk-logotype']) {
    if (ran.out.includes(reserved)) fail(`the style names ${reserved}, which only services on GOV.UK may use`)
  }
  return ran.out
}

function buildAll () {
  const made = new Map()
  made.set(join(build, 'css/sharewell.css'), style())
  const components = readFileSync(join(modules, 'govuk-frontend/dist/govuk/govuk-frontend.min.js'), 'utf8')
  made.set(join(build, 'js/govuk-frontend.min.js'), components.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n'))
  for (const folder of ['js', 'images']) {
    for (const file of filesUnder(join(assets, folder))) {
      made.set(join(build, folder, relative(join(assets, folder), file)), readFileSync(file))
    }
  }
  const templates = jinjaMacros()
  for (const file of filesUnder(templates)) {
    const name = relative(templates, file).split(sep).join('/')
    if (CROWNED.some(crowned => name.startsWith(crowned))) continue
    made.set(join(build, 'govuk_frontend_jinja', name), readFileSync(file))
  }
  for (const [name, face] of FACES) {
    for (const weight of ['400Regular', '700Bold']) {
      const file = `${face}_${weight}.ttf`
      made.set(join(fonts, file), readFileSync(join(modules, '@expo-google-fonts', name, weight, file)))
    }
  }
  for (const [path, content] of made) place(path, content)
  for (const old of [...filesUnder(build), ...filesUnder(fonts)]) {
    if (!made.has(old) && old !== stamp && !old.endsWith('.new')) rmSync(old)
  }
}

const goesIn = [
  ...['sass', 'js', 'images'].flatMap(folder => filesUnder(join(assets, folder))),
  at('package-lock.json'), at('tools/python-assets.txt'), fileURLToPath(import.meta.url)
]
const wanted = digest(...goesIn.flatMap(file => [relative(root, file).split(sep).join('/'), readFileSync(file)]))

nodePackages()
const fontsThere = FACES.every(([, face]) => existsSync(join(fonts, `${face}_700Bold.ttf`)))
if (fontsThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) {
  console.log('assets: up to date')
} else {
  buildAll()
  place(stamp, wanted)
  console.log('assets: built')
}
