// Loaded into a server before anything else (`node --import`): its clock is ahead by the seconds that stand in a file.
// The server knows nothing of it.

import { readFileSync } from 'node:fs'

const LOOK_EVERY_MS = 20

const path = process.env.NEMESIS_CLOCK
if (path === undefined) throw new Error('NEMESIS_CLOCK names no file')

const now = Date.now.bind(Date)
let offsetMs = 0
let lookedAt = Number.NEGATIVE_INFINITY

function skewedNow(): number {
  const moment = performance.now()
  if (moment - lookedAt > LOOK_EVERY_MS) {
    lookedAt = moment
    offsetMs = Number(readFileSync(path ?? '', 'utf8')) * 1000
  }
  return now() + offsetMs
}

globalThis.Date = new Proxy(Date, {
  construct: (RealDate, words: []) =>
    words.length === 0 ? new RealDate(skewedNow()) : new RealDate(...words),
  get: (RealDate, name) => (name === 'now' ? skewedNow : Reflect.get(RealDate, name)),
})
