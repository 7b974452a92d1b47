// Where the browser of the tests is. `node e2e/chromium.mjs` prints it, or says how to get one and ends with 1.

import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const own = resolve(import.meta.dirname ?? fileURLToPath(new URL('.', import.meta.url)), '../tools/chromium/node_modules/@sparticuz/chromium')

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const PLACES = ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome', '/Applications/Chromium.app/Contents/MacOS/Chromium']

function runs (path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export async function findChromium () {
  const named = process.env.SHAREWELL_CHROMIUM
  if (named) return runs(named) ? named : undefined
  const onPath = (process.env.PATH ?? '').split(delimiter).flatMap(folder => NAMES.map(name => join(folder, name)))
  const found = [...onPath, ...PLACES].find(runs)
  if (found) return found
  if (!existsSync(own)) return undefined
  const { default: packaged } = await import(pathToFileURL(join(own, 'build/index.js')).href)
  return packaged.executablePath()
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = await findChromium()
  if (path) {
    console.log(path)
  } else {
    console.error('No Chromium is here for the browser tests. Run tools/setup, install Chromium, or name one in SHAREWELL_CHROMIUM.')
    process.exitCode = 1
  }
}
