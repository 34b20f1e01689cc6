// The pages in a real Chromium, each in every state: accessible, readable at any width, and quiet under their own policy.

import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { VerifiedRedirectUri } from '../../src/protocol/redirect-uri.ts'
import { type RenderedPage, renderFormPost, renderPage } from '../../src/ui/render.ts'
import { LANGUAGES } from '../../src/ui/words.ts'
import { findViolations } from '../support/axe.ts'
import { launchChromium } from '../support/chromium.ts'
import { OWN_SAMPLE_PAGES } from '../support/own-sample-pages.ts'
import { type PageServer, startPageServer } from '../support/page-server.ts'
import {
  SAMPLE_CONTEXT,
  SAMPLE_PAGES,
  SEVERAL_ORGANISATIONS,
  SIGN_IN,
} from '../support/sample-pages.ts'

let browser: Browser
let server: PageServer
let app: PageServer
/** Windows in which one page is shown after the other. */
let usual: Page
let narrow: Page
let scriptless: Page
/** What a browser complains of: blocked by the policy, thrown by a script, or asked of another host. */
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
  server = await startPageServer()
  app = await startPageServer()
  usual = await newPage()
  narrow = await newPage({ viewport: { width: 320, height: 640 } })
  scriptless = await newPage({ javaScriptEnabled: false })
})

afterAll(async () => {
  await browser.close()
  await server.close()
  await app.close()
})

beforeEach(() => {
  complaints = []
})

afterEach(() => {
  expect(complaints).toEqual([])
})

async function newPage(options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('dialog', (dialog) => complaints.push(dialog.message()))
  page.on('request', (request) => {
    if (![server.origin, app.origin].includes(new URL(request.url()).origin)) {
      complaints.push(`asked for ${request.url()}`)
    }
  })
  return page
}

async function show(page: Page, rendered: RenderedPage): Promise<void> {
  server.show(rendered)
  await page.goto(server.origin)
}

async function open(rendered: RenderedPage, options: BrowserContextOptions = {}): Promise<Page> {
  const page = await newPage(options)
  await show(page, rendered)
  return page
}

const render = (page: Parameters<typeof renderPage>[0], acceptLanguage = 'en') =>
  renderPage(page, { ...SAMPLE_CONTEXT, acceptLanguage })

describe.each(Object.entries({ ...SAMPLE_PAGES, ...OWN_SAMPLE_PAGES }))('%s', (_state, data) => {
  test('WCAG 2.2 AA: has no violation in light and dark', async () => {
    await show(usual, render(data))
    for (const details of await usual.locator('details:not([open]) summary').all()) {
      await details.click()
    }
    expect(await findViolations(usual)).toEqual([])
  })

  test('fits 320 pixels in every language', async () => {
    for (const language of LANGUAGES) {
      await show(narrow, render(data, language))
      expect(await narrow.evaluate('document.documentElement.scrollWidth'), language).toBe(320)
    }
  })

  test('shows no button that needs a script where scripts are off', async () => {
    await show(scriptless, render(data))
    expect(await scriptless.locator('button[type=button]:visible').count()).toBe(0)
  })
})

describe('sign-in', () => {
  test('works from the keyboard alone, and sends what was typed', async () => {
    const page = await open(render(SIGN_IN), { javaScriptEnabled: false })
    await page.locator('#username:focus').waitFor()
    await page.keyboard.type('ada')
    await page.keyboard.press('Tab')
    await page.keyboard.type('correct horse')
    await page.keyboard.press('Enter')
    await page.getByText('received').waitFor()
    expect(server.posts.at(-1)).toBe(
      'interaction=sealed-request&username=ada&password=correct+horse',
    )
    await page.context().close()
  })

  test('shows the password when asked to, and sends it as a password again', async () => {
    const page = await open(render(SIGN_IN))
    const password = page.getByLabel('Password', { exact: true })
    const reveal = page.getByRole('button', { name: 'Show password' })
    expect(await password.getAttribute('type')).toBe('password')
    await reveal.click()
    expect(await password.getAttribute('type')).toBe('text')
    expect(await reveal.getAttribute('aria-pressed')).toBe('true')
    await reveal.click()
    expect(await password.getAttribute('type')).toBe('password')
    await page.context().close()
  })

  test('is sent once however often the button is pressed', async () => {
    const before = server.posts.length
    const page = await open(render(SIGN_IN))
    await page.getByRole('button', { name: 'Sign in' }).dblclick()
    await page.getByText('received').waitFor()
    expect(server.posts.length).toBe(before + 1)
    await page.context().close()
  })

  test('moves the focus to what is wrong', async () => {
    const page = await open(render({ ...SIGN_IN, problem: { kind: 'wrong_credentials' } }))
    await page.locator('.problem:focus').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.locator('#username:focus').waitFor()
    await page.context().close()
  })
})

describe('consent', () => {
  test('sends the boxes that are ticked, and the decision of the button', async () => {
    const page = await open(render(SEVERAL_ORGANISATIONS))
    await page.getByLabel('Delete draft invoices').uncheck()
    await page.getByLabel('Contoso Bakery').check()
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.getByText('received').waitFor()
    expect(server.posts.at(-1)).toBe(
      'interaction=sealed-request&organisation=org-2&scope=contacts%3Awrite&decision=allow',
    )
    await page.context().close()
  })

  test('lets go without choosing an organisation', async () => {
    const page = await open(render(SEVERAL_ORGANISATIONS))
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('received').waitFor()
    expect(server.posts.at(-1)).toContain('decision=deny')
    await page.context().close()
  })
})

describe('form_post', () => {
  const formPost = () =>
    renderFormPost(
      {
        redirectUri: `${app.origin}/cb` as VerifiedRedirectUri,
        fields: { code: 'c', submit: 's' },
      },
      SAMPLE_CONTEXT,
    )

  test('sends itself to the app', async () => {
    const page = await open(formPost())
    await page.getByText('received').waitFor()
    expect(page.url()).toBe(`${app.origin}/cb`)
    expect(app.posts.at(-1)).toBe('code=c&submit=s')
    await page.context().close()
  })

  test('waits for the button where scripts are off', async () => {
    const page = await open(formPost(), { javaScriptEnabled: false })
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('received').waitFor()
    expect(app.posts.at(-1)).toBe('code=c&submit=s')
    await page.context().close()
  })
})
