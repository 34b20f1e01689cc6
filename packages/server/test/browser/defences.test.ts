// What other sites and links try on our pages, in a real browser; the numbers are those of the attack table.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Site, startSite } from '../support/site.ts'
import { type Stage, startStage } from '../support/stage.ts'
import type { Fields } from '../support/test-app.ts'
import type { Visitor } from '../support/visitor.ts'

let stage: Stage
/** Another origin of the same site, so that even SameSite cookies come along. */
let attacker: Site
let visitor: Visitor

beforeAll(async () => {
  stage = await startStage()
  attacker = await startSite('localhost', ({ url }) => ({
    html: url.searchParams.get('html') ?? '',
  }))
})
afterAll(async () => {
  await attacker?.stop()
  await stage?.stop()
})
beforeEach(async () => {
  visitor = await stage.welcome()
})
afterEach(() => visitor.leave())

function request(fields: Fields = {}): string {
  return stage.app.authorizeUrl(fields)
}

/** Signs in and allows, so that the same request again needs no page. */
async function signInAndAllow(): Promise<void> {
  await visitor.open(request({ prompt: 'consent' }))
  await visitor.signIn('ada')
  await visitor.press('Allow')
  await visitor.arrivesAtApp()
}

/** A page of each kind that somebody who is signed in can be led to. */
function listPages(): Readonly<Record<string, string>> {
  const { issuer } = stage.server
  return {
    'sign-in': request({ prompt: 'login' }),
    'select-account': request({ prompt: 'select_account' }),
    consent: request({ prompt: 'consent' }),
    'error 400': request({ redirect_uri: 'https://evil.example/' }),
    'error 403': `${issuer}/authorize?interaction=made-up`,
    'error 405': `${issuer}/authorize/consent`,
    'sign-out': `${issuer}/sign-out`,
  }
}

function attack(html: string): Promise<void> {
  return visitor.open(`${attacker.origin}/?${new URLSearchParams({ html })}`)
}

describe('other sites', () => {
  it('D1: no page shows in a frame of another origin', async () => {
    await signInAndAllow()
    const pages = { ...listPages(), form_post: request({ response_mode: 'form_post' }) }
    const urls = Object.values(pages)
    await attack(
      urls.map((url) => `<iframe src="${url.replaceAll('&', '&amp;')}"></iframe>`).join(''),
    )
    const frames = visitor.page.frames().slice(1)
    expect(frames.map((frame) => frame.url())).toEqual(
      urls.map(() => 'chrome-error://chromewebdata/'),
    )
    const refusals = () => visitor.alarms.filter((alarm) => alarm.includes('frame-ancestors'))
    await expect.poll(refusals).toHaveLength(urls.length)
  })

  it('D1: the same frame does show a page that allows it', async () => {
    await attack(`<iframe src="${stage.site.origin}/harmless"></iframe>`)
    await visitor.page.frameLocator('iframe').getByText('harmless').waitFor()
  })

  it('D12: a window that another site opened gives that site no hold on a page of our own', async () => {
    await signInAndAllow()
    const { issuer } = stage.server
    for (const path of ['sign-out', 'account/apps', 'account/sign-in', 'developers']) {
      const url = `${issuer}/${path}`
      const popup = await openPopup(url)
      expect(await popup.evaluate('window.opener'), url).toBeNull()
      expect(await visitor.page.evaluate('popup.closed'), url).toBe(true)
      await popup.close()
    }
  })

  it('D12: the same window of a site without that defence is in its hold', async () => {
    const popup = await openPopup(`${stage.site.origin}/harmless`)
    expect(await popup.evaluate('window.opener !== null')).toBe(true)
    expect(await visitor.page.evaluate('popup.closed')).toBe(false)
  })

  async function openPopup(url: string) {
    const opened = visitor.page.waitForEvent('popup')
    await attack(`<script>var popup = window.open(${JSON.stringify(url)})</script>`)
    const popup = await opened
    await popup.waitForLoadState()
    return popup
  }
})

describe('links', () => {
  it('A18: a fragment on the link does not come along with the code', async () => {
    await signInAndAllow()
    await visitor.open(`${request()}#code=evil`)
    expect(await visitor.arrivesAtApp()).toMatchObject({ code: expect.any(String) })
    expect(new URL(visitor.page.url()).hash).toBe('')
  })

  it('A18: nor with an error', async () => {
    await visitor.open(`${request({ scope: 'made-up', prompt: 'none' })}#code=evil`)
    expect(await visitor.arrivesAtApp()).toMatchObject({ error: 'invalid_scope' })
    expect(new URL(visitor.page.url()).hash).toBe('')
  })

  it('A18: nor by way of the pages', async () => {
    await visitor.open(`${request({ prompt: 'consent' })}#code=evil`)
    await visitor.signIn('ada')
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    expect(new URL(visitor.page.url()).hash).toBe('')
  })

  it('A18: nor in an answer that is a fragment itself', async () => {
    await signInAndAllow()
    await visitor.open(`${request({ response_mode: 'fragment' })}#code=evil`)
    await visitor.arrivesAtApp()
    const fragment = new URLSearchParams(new URL(visitor.page.url()).hash.slice(1))
    expect(fragment.getAll('code')).toEqual([expect.stringMatching(/^ost_ac_/)])
  })
})

describe('the pages themselves', () => {
  it('load nothing from another host, and keep to their policy', async () => {
    await visitor.open(request({ prompt: 'consent' }))
    await visitor.signIn('ada')
    await visitor.sees(/^Allow Ledgerly/)
    for (const url of Object.values(listPages())) await visitor.open(url)
    await visitor.press('Sign out')
    await visitor.sees('You are signed out')
    const origins = new Set(visitor.requests.map((url) => new URL(url).origin))
    expect([...origins]).toEqual([stage.server.issuer])
    expect(visitor.alarms).toEqual([])
  })

  it('give password managers one form with a name and a current password', async () => {
    await visitor.open(request({ login_hint: 'ada' }))
    const fields = visitor.page.locator('form').locator('input:not([type=hidden])')
    const described = await fields.evaluateAll((inputs) =>
      inputs.map((input) =>
        ['id', 'name', 'type', 'autocomplete'].map((name) => input.getAttribute(name)),
      ),
    )
    expect(described).toEqual([
      ['username', 'username', 'text', 'username'],
      ['password', 'password', 'password', 'current-password'],
    ])
    expect(await visitor.page.locator('form').count()).toBe(1)
    expect(await visitor.page.locator('form[method=post] button[type=submit]').count()).toBe(1)
    expect(await visitor.page.locator('[autocomplete=off]').count()).toBe(0)
  })

  it('take a password that is pasted', async () => {
    await visitor.open(request())
    const { page } = visitor
    await page.locator('#username').fill('pasted password')
    await page.locator('#username').press('ControlOrMeta+A')
    await page.keyboard.press('ControlOrMeta+C')
    await page.locator('#password').press('ControlOrMeta+V')
    expect(await page.locator('#password').inputValue()).toBe('pasted password')
  })
})
