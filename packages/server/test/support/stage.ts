// Everything that the browser tests play on: a running server, the web site of an app, and a Chromium.

import type { BrowserContextOptions } from 'playwright-core'
import { launchChromium } from './chromium.ts'
import { registerClient } from './register-client.ts'
import { type Site, startAppSite } from './site.ts'
import { startTestServer, type TestServer } from './start-server.ts'
import { TestApp } from './test-app.ts'
import { Visitor } from './visitor.ts'

export interface Stage {
  readonly server: TestServer
  readonly site: Site
  readonly app: TestApp
  /** Somebody with a browser profile of their own. */
  welcome(options?: BrowserContextOptions): Promise<Visitor>
  stop(): Promise<void>
}

const PATIENCE_MS = 15_000

/** @param tenant what the tenant has otherwise, as in the configuration file */
export async function startStage(tenant: object = {}): Promise<Stage> {
  const [server, site, browser] = await Promise.all([
    startTestServer('sqlite', { tenant: { resourceServers: [API], ...tenant } }),
    startAppSite(),
    launchChromium(),
  ])
  return {
    server,
    site,
    app: await registerApp(server, site),
    async welcome(options = {}) {
      const context = await browser.newContext(options)
      context.setDefaultTimeout(PATIENCE_MS)
      return Visitor.in(context)
    },
    async stop() {
      await browser.close()
      await Promise.all([server.stop(), site.stop()])
    },
  }
}

async function registerApp(server: TestServer, site: Site): Promise<TestApp> {
  const client = await registerClient(
    server,
    { id: 'ledgerly', secret: 'ledgerly-secret-0123456789' },
    {
      name: 'Ledgerly',
      publisher: 'Ledgerly GmbH',
      homepage: 'https://ledgerly.example/',
      privacyUri: 'https://ledgerly.example/privacy',
      redirectUris: [
        `${site.origin}/callback`,
        `${site.origin}/moving`,
        'com.example.ledgerly:/callback',
      ],
      postLogoutRedirectUris: [`${site.origin}/goodbye`],
      grantTypes: ['authorization_code', 'refresh_token'],
      scopes: ['openid', 'profile', 'email', ...API.scopes.map(({ name }) => name)],
      defaultScopes: ['contacts:read'],
    },
  )
  return new TestApp(server, client)
}

const CONTACTS = { en: 'Contacts', de: 'Kontakte' }

/** One scope of each kind: plain, optional, sensitive. */
const API = {
  audience: 'https://api.example/v1',
  name: 'CRM API',
  scopes: [
    {
      name: 'contacts:read',
      description: { en: 'see your contacts', de: 'Ihre Kontakte sehen' },
      group: CONTACTS,
      access: 'read',
    },
    {
      name: 'contacts:write',
      description: { en: 'add and change contacts', de: 'Kontakte anlegen und ändern' },
      group: CONTACTS,
      access: 'change',
      optional: true,
    },
    {
      name: 'invoices:delete',
      description: { en: 'delete draft invoices', de: 'Rechnungsentwürfe löschen' },
      group: { en: 'Invoices', de: 'Rechnungen' },
      access: 'delete',
      sensitive: true,
    },
  ],
}
