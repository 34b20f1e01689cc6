// A person with a browser: does on our pages what people do there, and raises an alarm when a page does what it must not.

import type { BrowserContext, ConsoleMessage, Page } from 'playwright-core'
import { PASSWORD, type Username } from './world.ts'

export class Visitor {
  readonly page: Page
  /** Dialogs that opened, violations of the Content-Security-Policy, errors of scripts. */
  readonly alarms: readonly string[]
  /** URLs of everything that the browser asked for. */
  readonly requests: readonly string[]

  constructor(page: Page) {
    this.page = page
    this.alarms = watchForAlarms(page)
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    this.requests = requests
  }

  static async in(context: BrowserContext): Promise<Visitor> {
    return new Visitor(await context.newPage())
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url)
  }

  async signIn(username: Username, password: string = PASSWORD): Promise<void> {
    await this.page.locator('#username').fill(username)
    await this.page.locator('#password').fill(password)
    await this.page.keyboard.press('Enter')
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).click()
  }

  /** Waits for the page with this heading. */
  async sees(heading: string | RegExp): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: heading }).waitFor()
  }

  /** Waits for the app's callback. @returns the HTTP method and the fields that it received */
  async arrivesAtApp(): Promise<Record<string, string>> {
    const received = await this.page.locator('#received').textContent()
    return JSON.parse(received ?? '')
  }

  /** The element that has the focus. */
  get focused() {
    return this.page.locator(':focus')
  }

  async leave(): Promise<void> {
    await this.page.context().close()
  }
}

function watchForAlarms(page: Page): readonly string[] {
  const alarms: string[] = []
  page.on('dialog', (dialog) => {
    alarms.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => alarms.push(`script error: ${error.message}`))
  page.on('console', (message) => {
    if (isAlarming(message)) alarms.push(message.text())
  })
  return alarms
}

/** Chromium tells violations of a policy to the console, in pages without scripts too. */
function isAlarming(message: ConsoleMessage): boolean {
  return message.type() === 'error' && /Content Security Policy/i.test(message.text())
}
