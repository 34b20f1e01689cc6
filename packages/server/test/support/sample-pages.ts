// Every page in every state, filled in as an endpoint would: for tests that look at pages without a server.

import { standard } from '../../src/contracts/standard.ts'
import type {
  ConsentPage,
  ErrorPage,
  FrontPage,
  Page,
  PageAccount,
  PageScope,
  SelectAccountPage,
  SignInPage,
  SignOutPage,
} from '../../src/protocol/page.ts'
import type { Tenant } from '../../src/protocol/tenant.ts'
import type { RenderContext } from '../../src/ui/render.ts'

export const SAMPLE_TENANT: Tenant = {
  name: 'crm',
  displayName: 'Northwind CRM',
  issuer: 'https://login.northwind.example',
  contract: 'standard',
  rules: { ...standard.rules, selfService: true },
  release: undefined,
  apiVersions: undefined,
  policy: standard.policy,
  resourceServers: [],
  supportEmail: 'support@northwind.example',
  accentColour: '#0b6e4f',
}

export const SAMPLE_CONTEXT: RenderContext = {
  tenant: SAMPLE_TENANT,
  acceptLanguage: 'en',
  assetBase: '/crm/assets',
  formBase: '/crm',
  authorizePath: '/authorize',
  signOutPath: '/sign-out/confirm',
  signOutPagePath: '/sign-out',
}

export const SAMPLE_ACCOUNT: PageAccount = {
  id: 'session-1',
  name: 'Ada Okafor',
  username: 'ada@northwind.example',
}

const OTHER_ACCOUNT: PageAccount = { id: 'session-2', name: '', username: 'ada@contoso.example' }

const INTERACTION = {
  uiLocales: undefined,
  interaction: 'sealed-request',
  app: {
    name: 'Ledgerly',
    publisher: 'Ledgerly GmbH',
    homepage: 'https://ledgerly.example/',
    privacyUri: 'https://ledgerly.example/privacy',
    termsUri: 'https://ledgerly.example/terms',
    firstParty: false,
  },
}

export const SIGN_IN: SignInPage = {
  ...INTERACTION,
  page: 'sign-in',
  username: '',
  problem: undefined,
  hasOtherAccounts: false,
  toldAt: undefined,
  otherExpected: false,
}

export const SELECT_ACCOUNT: SelectAccountPage = {
  ...INTERACTION,
  page: 'select-account',
  accounts: [SAMPLE_ACCOUNT, OTHER_ACCOUNT],
}

const scope = (name: string, more: Partial<PageScope> = {}): PageScope => ({
  name,
  description: undefined,
  group: undefined,
  access: undefined,
  sensitive: false,
  optional: false,
  known: false,
  ...more,
})

const CONTACTS = { en: 'Contacts', de: 'Kontakte' }

export const SAMPLE_SCOPES: readonly PageScope[] = [
  scope('openid'),
  scope('email'),
  scope('contacts:read', {
    description: { en: 'see your contacts', de: 'Ihre Kontakte sehen' },
    group: CONTACTS,
    access: 'read',
  }),
  scope('contacts:write', {
    description: { en: 'add and change contacts', de: 'Kontakte anlegen und ändern' },
    group: CONTACTS,
    access: 'change',
    optional: true,
  }),
  scope('invoices:delete', {
    description: { en: 'delete draft invoices' },
    access: 'delete',
    sensitive: true,
    optional: true,
  }),
]

export const CONSENT: ConsentPage = {
  ...INTERACTION,
  page: 'consent',
  account: SAMPLE_ACCOUNT,
  organisations: [{ id: 'org-1', name: 'Northwind Traders' }],
  selectedOrganisation: undefined,
  scopes: SAMPLE_SCOPES,
  refreshSeconds: 180 * 86_400,
  accessSeconds: 3600,
  redirectHost: 'app.ledgerly.example',
  redirectIsLoopback: false,
  redirectIsNew: false,
  problem: undefined,
}

export const SEVERAL_ORGANISATIONS: ConsentPage = {
  ...CONSENT,
  organisations: [
    { id: 'org-1', name: 'Northwind Traders' },
    { id: 'org-2', name: 'Contoso Bakery' },
  ],
}

export const ERROR: ErrorPage = {
  uiLocales: undefined,
  page: 'error',
  reason: 'redirect_uri_mismatch',
  requestId: '5c2f1fd2a7f04b0e',
  received: 'https://app.ledgerly.example/callback/',
  difference: 'trailing-slash',
  retryAfterSeconds: undefined,
  continueWith: undefined,
}

export const SIGN_OUT: SignOutPage = {
  uiLocales: undefined,
  page: 'sign-out',
  token: 'sealed-sign-out',
  accounts: [SAMPLE_ACCOUNT],
}

const FRONT: FrontPage = {
  uiLocales: undefined,
  page: 'front',
  issuer: 'https://login.northwind.example/crm',
  sections: ['connectedApps', 'developerApps'],
}

/** What state a page is in -> the page. */
export const SAMPLE_PAGES: Readonly<Record<string, Page>> = {
  'sign-in': SIGN_IN,
  'sign-in, name known': { ...SIGN_IN, username: 'ada', hasOtherAccounts: true },
  'sign-in, wrong': { ...SIGN_IN, username: 'ada', problem: { kind: 'wrong_credentials' } },
  'sign-in, empty': {
    ...SIGN_IN,
    problem: { kind: 'field_missing', fields: ['username', 'password'] },
  },
  'sign-in, locked': { ...SIGN_IN, username: 'ada', problem: { kind: 'locked', seconds: 290 } },
  'sign-in, expired': { ...SIGN_IN, problem: { kind: 'expired' } },
  'sign-in, another account expected': {
    ...SIGN_IN,
    hasOtherAccounts: true,
    otherExpected: true,
  },
  'sign-in, to our own pages': { ...SIGN_IN, app: undefined },
  'sign-in, once more': {
    ...SIGN_IN,
    app: undefined,
    username: 'ada',
    problem: { kind: 'too_long_ago' },
  },
  'select-account': SELECT_ACCOUNT,
  consent: CONSENT,
  'consent, several organisations': SEVERAL_ORGANISATIONS,
  'consent, organisation missing': { ...SEVERAL_ORGANISATIONS, problem: 'organisation_missing' },
  'consent, asked again': {
    ...CONSENT,
    scopes: SAMPLE_SCOPES.map((one, index) => ({ ...one, known: index < 3 })),
  },
  'consent, unverified on this device': {
    ...CONSENT,
    app: { ...INTERACTION.app, publisher: undefined },
    organisations: [],
    scopes: [],
    refreshSeconds: undefined,
    redirectHost: '127.0.0.1:51004',
    redirectIsLoopback: true,
  },
  'error, redirect URI': ERROR,
  'error, too many requests': {
    ...ERROR,
    reason: 'too_many_requests',
    received: undefined,
    difference: undefined,
    retryAfterSeconds: 40,
  },
  'sign-out': SIGN_OUT,
  'signed-out': { uiLocales: undefined, page: 'signed-out' },
  front: FRONT,
  'front, for programs alone': { ...FRONT, sections: [] },
  'front, of several tenants': { ...FRONT, issuer: undefined, sections: [] },
}
