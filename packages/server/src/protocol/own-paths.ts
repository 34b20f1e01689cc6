// Where our own pages are, below the issuer: those of an account, and those for who makes apps.

export const OWN_PATHS = {
  signIn: '/account/sign-in',
  connectedApps: '/account/apps',
  removeConnectedApp: '/account/apps/remove',

  developerApps: '/developers',
  newDeveloperApp: '/developers/new',
  developerApp: '/developers/app',
  saveDeveloperApp: '/developers/app/save',
  addSecret: '/developers/app/secrets/add',
  revokeSecret: '/developers/app/secrets/revoke',
  allowTokenGrant: '/developers/app/token-grant/on',
  disallowTokenGrant: '/developers/app/token-grant/off',
  deleteDeveloperApp: '/developers/app/delete',
} as const

export type OwnPath = (typeof OWN_PATHS)[keyof typeof OWN_PATHS]
