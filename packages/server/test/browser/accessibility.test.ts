// Whether everybody can use the pages: every page in every state, in both colour schemes, small, enlarged, from the
// keyboard, and in their language.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findViolations } from '../support/axe.ts'
import {
  ERROR_STATES,
  MEMBER_STATES,
  OWN_STATES,
  PARTNER_STATES,
  STRANGER_STATES,
} from '../support/page-states.ts'
import { type Stage, startStage } from '../support/stage.ts'
import type { Visitor } from '../support/visitor.ts'

const VIEWPORT = { width: 1280, height: 720 }
/** Colours are looked at as soon as the scheme has changed. */
const STILL = { reducedMotion: 'reduce' } as const

let stage: Stage
let stranger: Visitor
let ada: Visitor
let bob: Visitor

beforeAll(async () => {
  stage = await startStage()
  stranger = await stage.welcome(STILL)
  ada = await welcomeSignedIn('ada')
  bob = await welcomeSignedIn('bob')
})
afterAll(() => stage?.stop())

async function welcomeSignedIn(username: 'ada' | 'bob'): Promise<Visitor> {
  const visitor = await stage.welcome(STILL)
  await visitor.open(stage.app.authorizeUrl())
  await visitor.signIn(username)
  await visitor.sees(/^Allow/)
  return visitor
}

describe('WCAG 2.2 AA: in light, in dark, 320 pixels wide and twice as large', () => {
  it.each(Object.entries(STRANGER_STATES))('%s', async (_state, arrive) => {
    await arrive(stranger, stage)
    await expectAccessible(stranger)
  })

  it.each(Object.entries(MEMBER_STATES))('%s', async (_state, arrive) => {
    await arrive(ada, stage)
    await expectAccessible(ada)
  })

  it.each(Object.entries(OWN_STATES))('%s', async (_state, arrive) => {
    await arrive(ada, stage)
    await expectAccessible(ada)
  })

  it.each(Object.entries(PARTNER_STATES))('%s', async (_state, arrive) => {
    await arrive(bob, stage)
    await expectAccessible(bob)
  })

  it.each(Object.entries(ERROR_STATES))('error %s', async (reason, arrive) => {
    await arrive(ada, stage)
    await ada.page.locator('summary').click()
    await ada.page.locator('.developer').getByText(reason, { exact: true }).waitFor()
    await expectAccessible(ada)
  })
})

async function expectAccessible({ page }: Visitor): Promise<void> {
  for (const summary of await page.locator('details:not([open]) > summary').all()) {
    await summary.click()
  }
  expect(await findViolations(page)).toEqual([])
  await page.setViewportSize({ width: 320, height: 640 })
  expect(await page.evaluate(FITS)).toBe(true)
  await page.setViewportSize({ width: 640, height: 640 })
  await page.evaluate(`document.documentElement.style.fontSize = '200%'`)
  expect(await page.evaluate(FITS)).toBe(true)
  await page.setViewportSize(VIEWPORT)
}

const FITS = 'document.scrollingElement.scrollWidth <= innerWidth'

describe('WCAG 2.2 §2.1.1: the Tab key reaches everything, and the focus is seen', () => {
  it('sign-in', async () => {
    await stranger.open(stage.app.authorizeUrl())
    await stranger.page.locator('#username:focus').waitFor()
    expect(await walkThrough(stranger)).toEqual([
      'link "Skip to content"',
      'textbox "User name or e-mail address"',
      'textbox "Password"',
      'button "Show password"',
      'button "Sign in"',
      'link "Website"',
      'link "Privacy"',
      'link "Help: help@crm.example"',
    ])
  })

  it('consent', async () => {
    await bob.open(stage.app.authorizeUrl({ prompt: 'consent', scope: 'contacts:write' }))
    expect(await walkThrough(bob)).toEqual([
      'link "Skip to content"',
      'link "Website"',
      'link "Privacy"',
      'button "Not you?"',
      'radio "Acme"',
      'checkbox "Add and change contacts Can change Optional"',
      'link "Connected apps"',
      'button "Cancel"',
      'button "Allow"',
      'link "Help: help@crm.example"',
    ])
  })
})

/** Presses Tab from the top of the page to its end. @returns what got the focus, by role and name */
async function walkThrough({ page }: Visitor): Promise<readonly string[]> {
  const stops: string[] = []
  await page.mouse.click(1, 1)
  for (;;) {
    await page.keyboard.press('Tab')
    const focused = page.locator(':focus')
    if ((await focused.count()) === 0) return stops
    const [stop = ''] = /\w+ "[^"]*"/.exec(await focused.ariaSnapshot()) ?? []
    expect(await page.evaluate(IS_SEEN), stop).toBe(true)
    stops.push(stop)
  }
}

/** WCAG 2.2 §2.4.7, WCAG 2.2 §2.4.11: there is an outline, and the focus is within the window. */
const IS_SEEN = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
  const { top, bottom } = document.activeElement.getBoundingClientRect()
  return outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 && top >= 0 && bottom <= innerHeight
})()`

describe('language', () => {
  it.each([
    { locale: 'de-AT', uiLocales: undefined, lang: 'de', heading: 'Anmelden' },
    { locale: 'nl-BE', uiLocales: undefined, lang: 'nl', heading: 'Inloggen' },
    { locale: 'is-IS', uiLocales: undefined, lang: 'en', heading: 'Sign in' },
    { locale: 'de-AT', uiLocales: 'en-GB', lang: 'en', heading: 'Sign in' },
    { locale: 'en-GB', uiLocales: 'tlh fr', lang: 'fr', heading: 'Connexion' },
  ])('is $lang for a browser in $locale and ui_locales $uiLocales', async (input) => {
    const visitor = await stage.welcome({ locale: input.locale })
    await visitor.open(stage.app.authorizeUrl({ ui_locales: input.uiLocales }))
    await visitor.sees(input.heading)
    await expectLanguage(visitor, input.lang)
  })

  it.each([
    { from: 'the browser', locale: 'de-AT', fields: {} },
    { from: 'ui_locales', locale: 'en-GB', fields: { ui_locales: 'de' } },
  ])('from $from stays the same from page to page', async ({ locale, fields }) => {
    const visitor = await stage.welcome({ locale })
    await visitor.open(stage.app.authorizeUrl(fields))
    await visitor.signIn('eve', 'not her password')
    await visitor.page.getByRole('alert').getByText('Prüfen Sie die Angaben').waitFor()
    await expectLanguage(visitor, 'de')
    await visitor.signIn('eve')
    await visitor.sees('Ledgerly den Zugriff auf Ihr Konto bei Example CRM erlauben?')
    await visitor.page.getByText('Ihre Kontakte sehen').waitFor()
    await expectLanguage(visitor, 'de')
  })

  async function expectLanguage({ page }: Visitor, language: string): Promise<void> {
    const root = page.locator('html')
    expect(await root.getAttribute('lang')).toBe(language)
    expect(await root.getAttribute('dir')).toBe('ltr')
  }
})
