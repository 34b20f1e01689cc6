// The scopes of this API in the words of the consent page, for the configuration of the authorization server.

type Text = { readonly en: string; readonly de: string }

export interface Scope {
  readonly name: string
  /** What an app may do, as one clause: "This app would like to …". */
  readonly description: Text
  /** The data area under which the consent page lists it. */
  readonly group: Text
  /** The most that the scope lets an app do. */
  readonly access: 'read' | 'change' | 'delete'
  readonly sensitive: boolean
  /** Whether a user may leave it out. */
  readonly optional: boolean
}

const CLIENTS: Text = { en: 'Clients', de: 'Kunden' }
const CONTACTS: Text = { en: 'Contacts', de: 'Kontakte' }
const USERS: Text = { en: 'Users', de: 'Benutzer' }
const TEMPLATES: Text = { en: 'Templates', de: 'Vorlagen' }
const PROJECTS: Text = { en: 'Projects', de: 'Projekte' }

export const scopes: readonly Scope[] = [
  read('clients:read', CLIENTS, {
    en: 'see your clients',
    de: 'Ihre Kunden ansehen',
  }),
  write('clients:write', CLIENTS, {
    en: 'add, change and delete your clients',
    de: 'Ihre Kunden anlegen, ändern und löschen',
  }),
  read('contacts:read', CONTACTS, {
    en: 'see your contacts',
    de: 'Ihre Kontakte ansehen',
  }),
  write('contacts:write', CONTACTS, {
    en: 'add, change and delete your contacts',
    de: 'Ihre Kontakte anlegen, ändern und löschen',
  }),
  sensitive(
    read('users:read', USERS, {
      en: 'see who uses your account, with name, e-mail and role',
      de: 'die Benutzer Ihres Kontos mit Name, E-Mail und Rolle ansehen',
    }),
  ),
  sensitive(
    write('users:write', USERS, {
      en: 'add, change and delete users of your account',
      de: 'Benutzer Ihres Kontos anlegen, ändern und löschen',
    }),
  ),
  read('templates:read', TEMPLATES, {
    en: 'see your message templates',
    de: 'Ihre Nachrichtenvorlagen ansehen',
  }),
  optional(
    write('templates:write', TEMPLATES, {
      en: 'add, change and delete your message templates',
      de: 'Ihre Nachrichtenvorlagen anlegen, ändern und löschen',
    }),
  ),
  read('projects:read', PROJECTS, {
    en: 'see your projects',
    de: 'Ihre Projekte ansehen',
  }),
  optional(
    write('projects:write', PROJECTS, {
      en: 'add, change and delete your projects',
      de: 'Ihre Projekte anlegen, ändern und löschen',
    }),
  ),
]

function read(name: string, group: Text, description: Text): Scope {
  return { name, group, description, access: 'read', sensitive: false, optional: false }
}

/** Deleting needs no scope of its own, so the consent page must say that writing includes it. */
function write(name: string, group: Text, description: Text): Scope {
  return { name, group, description, access: 'delete', sensitive: false, optional: false }
}

function sensitive(scope: Scope): Scope {
  return { ...scope, sensitive: true }
}

function optional(scope: Scope): Scope {
  return { ...scope, optional: true }
}
