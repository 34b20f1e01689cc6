// Our own pages in every state, filled in as an endpoint would.

import type {
  ConnectedAppsPage,
  DeveloperAppPage,
  DeveloperAppsPage,
  NewDeveloperAppPage,
  OwnPage,
  Page,
  PageConnection,
  PageDeveloperApp,
  PagePart,
  PageSecret,
} from '../../src/protocol/page.ts'
import { SAMPLE_ACCOUNT, SAMPLE_SCOPES } from './sample-pages.ts'

const NOW = 1_795_262_400
const DAY = 86_400

const OWN: OwnPage = {
  uiLocales: undefined,
  account: SAMPLE_ACCOUNT,
  token: 'sealed-form',
  notice: undefined,
}

const LEDGERLY: PageConnection = {
  clientId: 'ledgerly',
  organisationId: 'org-1',
  app: {
    name: 'Ledgerly',
    publisher: 'Ledgerly GmbH',
    homepage: 'https://ledgerly.example/',
    privacyUri: 'https://ledgerly.example/privacy',
    termsUri: undefined,
    firstParty: false,
  },
  organisation: 'Northwind Traders',
  scopes: SAMPLE_SCOPES.map((scope) => ({ ...scope, optional: false })),
  sinceSeconds: NOW - 90 * DAY,
  lastUsedAtSeconds: NOW,
}

const UNKNOWN: PageConnection = {
  ...LEDGERLY,
  clientId: 'script',
  organisationId: undefined,
  app: { ...LEDGERLY.app, name: '', publisher: undefined, homepage: undefined },
  organisation: undefined,
  scopes: [],
  lastUsedAtSeconds: undefined,
}

const WHOLE: PagePart = { next: undefined, isFirst: true }
const BEGINNING: PagePart = { next: 'WyJsZWRnZXJseSJd', isFirst: true }
const MIDDLE: PagePart = { next: 'WyJsZWRnZXJseSJd', isFirst: false }
const END: PagePart = { next: undefined, isFirst: false }

export const CONNECTED_APPS: ConnectedAppsPage = {
  ...OWN,
  page: 'connected-apps',
  connections: [LEDGERLY, UNKNOWN],
  part: WHOLE,
}

const APP: PageDeveloperApp = {
  id: '5f0c1d9e2b7a4c68',
  name: 'Ledgerly',
  type: 'confidential',
  createdAtSeconds: NOW - 30 * DAY,
  lastUsedAtSeconds: NOW,
  disabled: false,
}

const NEW_APP: PageDeveloperApp = {
  ...APP,
  id: '9a1b2c3d4e5f6071',
  name: 'Invoice scanner',
  type: 'public',
  lastUsedAtSeconds: undefined,
}

const DEVELOPER_APPS: DeveloperAppsPage = {
  ...OWN,
  page: 'developer-apps',
  organisations: [
    {
      ...{ id: 'org-1', name: 'Northwind Traders', part: WHOLE },
      apps: [APP, { ...NEW_APP, disabled: true }],
    },
    { id: 'org-2', name: 'Contoso Bakery', apps: [NEW_APP], part: BEGINNING },
  ],
}

const NEW_DEVELOPER_APP: NewDeveloperAppPage = {
  ...OWN,
  page: 'new-developer-app',
  organisations: [{ id: 'org-1', name: 'Northwind Traders' }],
  form: { name: '', type: '', redirectUris: '', organisation: '' },
  problems: [],
}

const SECRET: PageSecret = {
  id: 'secret-1',
  name: 'first',
  hint: 'x7Qa',
  createdAtSeconds: NOW - 30 * DAY,
  expiresAtSeconds: undefined,
  lastUsedAtSeconds: NOW,
  state: 'active',
}

const EXPIRED: PageSecret = {
  ...SECRET,
  id: 'secret-2',
  name: 'trial',
  expiresAtSeconds: NOW - DAY,
  lastUsedAtSeconds: undefined,
  state: 'expired',
}

export const DEVELOPER_APP: DeveloperAppPage = {
  ...OWN,
  page: 'developer-app',
  app: APP,
  organisation: 'Northwind Traders',
  registeredBy: 'Ada Winter',
  pkce: { required: true, methods: ['S256'] },
  endpoints: {
    issuer: 'https://login.northwind.example',
    metadata: 'https://login.northwind.example/.well-known/oauth-authorization-server',
    authorize: 'https://login.northwind.example/authorize',
    token: 'https://login.northwind.example/token',
    revoke: 'https://login.northwind.example/revoke',
  },
  scopes: ['contacts:read', 'contacts:write', 'invoices:delete'],
  ignoredScopes: undefined,
  redirectUris: ['https://app.northwind.example/callback'],
  changeable: true,
  newSecret: undefined,
  secrets: [SECRET, EXPIRED],
  tokenGrant: { state: 'off' },
  form: {
    name: 'Ledgerly',
    redirectUris: 'https://app.ledgerly.example/callback\nhttp://127.0.0.1/callback',
  },
  secretForm: { name: '', expires: '' },
  tokenGrantForm: { why: '', ends: '' },
  problems: [],
}

/** What state a page is in -> the page. */
export const OWN_SAMPLE_PAGES: Readonly<Record<string, Page>> = {
  'connected apps': CONNECTED_APPS,
  'connected apps, none': { ...CONNECTED_APPS, connections: [], notice: 'removed' },
  'connected apps, of very many': { ...CONNECTED_APPS, part: MIDDLE },
  'connected app, removal': { ...OWN, page: 'connected-app-removal', connection: LEDGERLY },
  'developer apps': DEVELOPER_APPS,
  'developer apps, none': {
    ...DEVELOPER_APPS,
    organisations: [{ id: 'org-1', name: 'Northwind Traders', apps: [], part: WHOLE }],
    notice: 'deleted',
  },
  'developer apps, the last of very many': {
    ...DEVELOPER_APPS,
    organisations: [{ id: 'org-1', name: 'Northwind Traders', apps: [APP], part: END }],
  },
  'new developer app': NEW_DEVELOPER_APP,
  'new developer app, wrong': {
    ...NEW_DEVELOPER_APP,
    organisations: [
      { id: 'org-1', name: 'Northwind Traders' },
      { id: 'org-2', name: 'Contoso Bakery' },
    ],
    form: { ...NEW_DEVELOPER_APP.form, redirectUris: 'http://app.example/\ncallback' },
    problems: [
      { field: 'name', code: 'empty', value: undefined },
      { field: 'redirect_uris', code: 'http_not_loopback', value: 'http://app.example/' },
      { field: 'redirect_uris', code: 'not_absolute', value: 'callback' },
      { field: 'type', code: 'not_chosen', value: undefined },
      { field: 'organisation', code: 'not_chosen', value: undefined },
    ],
  },
  'developer app': { ...DEVELOPER_APP, notice: 'saved' },
  'developer app, only to look at': { ...DEVELOPER_APP, changeable: false },
  'developer app, asks for unknown scopes': {
    ...DEVELOPER_APP,
    ignoredScopes: { uses: 12, lastAtSeconds: NOW - DAY },
  },
  'developer app, new secret': {
    ...DEVELOPER_APP,
    newSecret: { name: 'first', secret: `ost_cs_${'x7'.repeat(24)}Q` },
  },
  'developer app, token grant on': {
    ...DEVELOPER_APP,
    tokenGrant: {
      state: 'on',
      owner: 'ada@northwind.example',
      why: 'the browser extension of 2019, until its users have the new one',
      endsAtSeconds: NOW + 90 * DAY,
    },
  },
  'developer app, token grant over': {
    ...DEVELOPER_APP,
    tokenGrant: { state: 'ended', owner: 'ada', why: 'a trial', endsAtSeconds: NOW - DAY },
  },
  'developer app, without a secret': {
    ...DEVELOPER_APP,
    app: NEW_APP,
    secrets: [],
    tokenGrant: undefined,
  },
  'developer app, disabled': { ...DEVELOPER_APP, app: { ...APP, disabled: true } },
  'developer app, wrong': {
    ...DEVELOPER_APP,
    secrets: [EXPIRED],
    secretForm: { name: 'first', expires: '2026-01-01' },
    problems: [
      { field: 'redirect_uris', code: 'repeated', value: 'https://app.ledgerly.example/callback' },
      { field: 'secret_name', code: 'taken', value: undefined },
      { field: 'expires', code: 'in_the_past', value: undefined },
      { field: 'why', code: 'empty', value: undefined },
      { field: 'ends', code: 'too_far_away', value: undefined },
      { field: undefined, code: 'changed_meanwhile', value: undefined },
    ],
  },
  'secret, revocation': { ...OWN, page: 'secret-revocation', app: APP, secret: SECRET },
  'developer app, deletion': {
    ...OWN,
    page: 'developer-app-deletion',
    app: APP,
    typedName: '',
    problems: [],
  },
  'developer app, deletion, wrong': {
    ...OWN,
    page: 'developer-app-deletion',
    app: APP,
    typedName: 'ledgerly',
    problems: [{ field: 'typed_name', code: 'different', value: 'Ledgerly' }],
  },
}
