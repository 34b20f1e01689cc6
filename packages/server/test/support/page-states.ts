// Every page in every state that a running server can show, and how a visitor gets there.

import { updateClient } from '../../src/operations/client-update.ts'
import type { PageErrorReason } from '../../src/protocol/page-reasons.ts'
import { type Store, StoreUnavailableError } from '../../src/store/port.ts'
import { TestBrowser } from './browser.ts'
import type { Stage } from './stage.ts'
import type { Visitor } from './visitor.ts'
import type { Username } from './world.ts'

/** Takes a visitor to the page. */
type Way = (visitor: Visitor, stage: Stage) => Promise<void>

const ALL_SCOPES = 'openid email contacts:read contacts:write invoices:delete'

/** For somebody who is not signed in. */
export const STRANGER_STATES: Readonly<Record<string, Way>> = {
  'sign-in': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl())
    await visitor.sees('Sign in')
  },
  'sign-in, name known': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ login_hint: 'ada' }))
    await visitor.sees('Sign in')
  },
  'sign-in, nothing filled in': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl())
    await visitor.press('Sign in')
    await visitor.page.getByText('Enter your password').first().waitFor()
  },
  'sign-in, wrong password': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl())
    await visitor.signIn('ada', 'not her password')
    await visitor.page.getByRole('alert').getByText('is not right').waitFor()
  },
  'sign-in, locked': async (visitor, { app }) => {
    const browser = new TestBrowser()
    const page = await browser.open(app.authorizeUrl())
    for (let failure = 0; failure < 10; failure += 1) {
      await browser.submit(page, { username: 'nobody', password: 'wrong' })
    }
    await visitor.open(app.authorizeUrl())
    await visitor.signIn('nobody' as Username)
    await visitor.page.getByText('Too many attempts').waitFor()
  },
  'sign-in, started again': async (visitor, { app, server }) => {
    await visitor.open(app.authorizeUrl())
    server.clock.advance(3601)
    await visitor.signIn('ada')
    await visitor.page.getByRole('status').waitFor()
  },
  'sign-in, before an error is told': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ scope: 'unheard:of' }))
    await visitor.page.getByText('a request with an error').waitFor()
  },
  front: async (visitor, { server }) => {
    await visitor.open(server.issuer)
    await visitor.sees('Sign-in and apps')
  },
  'no page': async (visitor, { server }) => {
    await visitor.open(`${server.issuer}/nothing`)
    await visitor.sees('There is no page here')
  },
  'signed-out': async (visitor, { server }) => {
    await visitor.open(`${server.issuer}/sign-out`)
    await visitor.sees('You are signed out')
  },
  form_post: async (visitor, { app }) => {
    // Without its script the page stays.
    await visitor.page.route('**/form-post.js', (route) => route.abort())
    await visitor.open(app.authorizeUrl({ response_mode: 'form_post', prompt: 'none' }))
    await visitor.page.getByRole('button', { name: 'Continue' }).waitFor()
  },
}

/** For ada, a member of one organisation, who is signed in. */
export const MEMBER_STATES: Readonly<Record<string, Way>> = {
  'sign-in, others stay': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'select_account' }))
    await visitor.press('Use another account')
    await visitor.page.getByText('stay signed in').waitFor()
  },
  'select-account': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'select_account' }))
    await visitor.sees('Choose an account')
  },
  consent: async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent', scope: ALL_SCOPES }))
    await visitor.page.getByText('Sensitive').waitFor()
  },
  'consent, some allowed before': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent', scope: 'openid contacts:read' }))
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    await visitor.open(app.authorizeUrl({ scope: ALL_SCOPES }))
    await visitor.page.getByText('You have already allowed 2 permissions').waitFor()
  },
  'consent, all allowed before': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent', scope: 'openid contacts:read' }))
    await visitor.page.getByText('You have already allowed 2 permissions').waitFor()
  },
  'consent, new address': async (visitor, { app, server }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    const { client } = app
    const redirect_uri = `${client.redirectUri}?moved`
    const redirectUris = [client.redirectUri, redirect_uri]
    await updateClient({ clientId: client.id, redirectUris }, server.context)
    await visitor.open(app.authorizeUrl({ redirect_uri }))
    await visitor.page.getByText('The address is new').waitFor()
  },
  'consent, changed meanwhile': async (visitor, { app, server }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    const { client } = app
    const redirectUris = [client.redirectUri, `${client.redirectUri}?since`]
    await updateClient({ clientId: client.id, redirectUris }, server.context)
    await visitor.press('Allow')
    await visitor.page.getByText('has changed since').waitFor()
  },
  'sign-out': async (visitor, { server }) => {
    await visitor.open(`${server.issuer}/sign-out`)
    await visitor.sees(/^Sign out/)
  },
}

/** For ada again: our own pages. */
export const OWN_STATES: Readonly<Record<string, Way>> = {
  'sign-in, another account': async (visitor, { server }) => {
    await visitor.open(`${server.issuer}/account/sign-in`)
    await visitor.sees('Sign in')
  },
  'sign-in, once more': async (visitor, stage) => {
    const client = await registerOwn(visitor, stage)
    stage.server.clock.advance(601)
    await visitor.open(`${stage.server.issuer}/developers/app/delete?app=${client}`)
    await visitor.page.getByText('sign in once more').waitFor()
  },
  'connected apps': async (visitor, { app, server }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent', scope: ALL_SCOPES }))
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    await visitor.open(`${server.issuer}/account/apps`)
    await visitor.page.getByText('Delete draft invoices').waitFor()
  },
  'connected apps, removal': async (visitor, { app, server }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    await visitor.open(`${server.issuer}/account/apps`)
    await visitor.page.getByRole('link', { name: 'Remove Ledgerly' }).click()
    await visitor.sees('Remove Ledgerly?')
  },
  'developer apps': async (visitor, stage) => {
    await registerOwn(visitor, stage)
    await visitor.page.getByRole('link', { name: 'API', exact: true }).click()
    await visitor.sees('Apps for the API')
  },
  'new app, wrong': async (visitor, { server }) => {
    await visitor.open(`${server.issuer}/developers/new`)
    await visitor.page.locator('#redirect_uris').fill('http://a.example/')
    await visitor.press('Register')
    await visitor.page.getByRole('alert').waitFor()
  },
  'app, new secret': async (visitor, stage) => {
    await registerOwn(visitor, stage)
    await visitor.page.locator('#new-secret').waitFor()
  },
  'app, secret refused': async (visitor, stage) => {
    await registerOwn(visitor, stage)
    await visitor.page.locator('#secret_name').fill('first')
    await visitor.press('Add a secret')
    await visitor.page.getByRole('alert').waitFor()
  },
  'secret, revocation': async (visitor, stage) => {
    await registerOwn(visitor, stage)
    await visitor.page.getByRole('link', { name: 'Revoke first' }).click()
    await visitor.sees('Revoke first?')
  },
  'app, deletion refused': async (visitor, stage) => {
    await registerOwn(visitor, stage)
    await visitor.page.getByRole('link', { name: 'Delete the app' }).click()
    await visitor.press('Delete')
    await visitor.page.getByRole('alert').waitFor()
  },
}

/** Registers an app, signing in anew as ada when that was long ago. @returns its client id */
async function registerOwn(visitor: Visitor, { server }: Stage): Promise<string> {
  await visitor.open(`${server.issuer}/account/sign-in?section=developerApps`)
  await visitor.signIn('ada')
  await visitor.page.getByRole('link', { name: 'Register an app' }).click()
  await visitor.page.getByLabel('Name of the app').fill('Harbour Sync')
  await visitor.page.getByLabel('Runs on a server').check()
  await visitor.page.getByLabel('Redirect URIs').fill('https://sync.example/callback')
  await visitor.press('Register')
  await visitor.sees('Harbour Sync')
  return new URL(visitor.page.url()).searchParams.get('app') ?? ''
}

/** For bob, a member of two organisations, who is signed in. */
export const PARTNER_STATES: Readonly<Record<string, Way>> = {
  'consent, several organisations': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    await visitor.page.getByRole('radiogroup').waitFor()
  },
  'consent, organisation not chosen': async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    // A browser that does not know `required` sends the form as it is.
    await visitor.page.evaluate('for (const form of document.forms) form.noValidate = true')
    await visitor.press('Allow')
    await visitor.page.getByRole('alert').waitFor()
  },
}

/** For ada too: every reason for an error page that a request can bring about. */
export const ERROR_STATES: Readonly<Partial<Record<PageErrorReason, Way>>> = {
  client_id_missing: (visitor, { app }) => visitor.open(app.authorizeUrl({ client_id: undefined })),
  client_unknown: (visitor, { app }) => visitor.open(app.authorizeUrl({ client_id: 'nobody' })),
  redirect_uri_missing: (visitor, { app }) =>
    visitor.open(app.authorizeUrl({ redirect_uri: undefined })),
  redirect_uri_mismatch: (visitor, { app }) =>
    visitor.open(app.authorizeUrl({ redirect_uri: `${app.client.redirectUri}/` })),
  request_malformed: (visitor, { app }) => visitor.open(`${app.authorizeUrl()}&state=again`),
  interaction_invalid: (visitor, { server }) =>
    visitor.open(`${server.issuer}/authorize?interaction=made-up`),
  interaction_of_other_browser: async (visitor, { app, server, welcome }) => {
    const other = await welcome()
    await other.open(app.authorizeUrl())
    const interaction = await other.page.locator('[name=interaction]').inputValue()
    await other.leave()
    await visitor.open(`${server.issuer}/authorize?interaction=${interaction}`)
  },
  already_decided: async (visitor, { app }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'select_account consent' }))
    await visitor.page.getByRole('button', { name: /Ada/ }).click()
    await visitor.press('Cancel')
    await visitor.arrivesAtApp()
    await visitor.page.goBack()
    await visitor.press('Cancel')
  },
  cross_site_post: async (visitor, { server, site }) => {
    await visitor.open(
      `${site.origin}/form?${new URLSearchParams({ action: `${server.issuer}/authorize/sign-in` })}`,
    )
    await visitor.press('Send')
  },
  form_outdated: async (visitor, { app, server }) => {
    await visitor.open(app.authorizeUrl({ prompt: 'consent' }))
    await visitor.press('Allow')
    await visitor.arrivesAtApp()
    await visitor.open(`${server.issuer}/account/apps/remove?app=ledgerly&organisation=acme`)
    await visitor.page.evaluate(`document.querySelector('[name=token]').value = 'made-up'`)
    await visitor.press('Remove')
  },
  not_found: (visitor, { server }) => visitor.open(`${server.issuer}/%61uthorize`),
  method_not_allowed: (visitor, { server }) => visitor.open(`${server.issuer}/authorize/consent`),
  temporarily_unavailable: (visitor, stage) =>
    openWithout(visitor, stage, new StoreUnavailableError('the disk is full')),
  unexpected: (visitor, stage) => openWithout(visitor, stage, new Error('a bug')),
}

/** Opens a request while the store fails. */
async function openWithout(visitor: Visitor, { app, server }: Stage, error: Error): Promise<void> {
  const store: { findClient: Store['findClient'] } = server.store
  const { findClient } = store
  store.findClient = () => Promise.reject(error)
  await visitor.open(app.authorizeUrl())
  store.findClient = findClient
}
