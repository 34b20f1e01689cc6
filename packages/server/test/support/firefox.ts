// A Firefox of the machine, driven by WebDriver BiDi: npm has none to install.

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import puppeteer, { type Browser } from 'puppeteer-core'

function findFirefox(): string {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const places = folders.flatMap((folder) => [join(folder, 'firefox-esr'), join(folder, 'firefox')])
  const found = places.find((place) => {
    try {
      accessSync(place, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  if (found === undefined) throw new Error('there is no Firefox: apt-get install firefox-esr')
  return found
}

export function launchFirefox(): Promise<Browser> {
  return puppeteer.launch({ browser: 'firefox', executablePath: findFirefox(), headless: true })
}
