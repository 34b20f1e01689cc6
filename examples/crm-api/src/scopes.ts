// The scopes of this API in the words of the consent page, for the configuration of the authorization server.

import type { ContractName } from '@ostiary/resource'

type Text = Readonly<Record<'en' | 'de' | 'nl' | 'fr' | 'el', string>>

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

const EVERYTHING: Text = {
  en: 'All data',
  de: 'Alle Daten',
  nl: 'Alle gegevens',
  fr: 'Toutes les données',
  el: 'Όλα τα δεδομένα',
}
const CLIENTS: Text = { en: 'Clients', de: 'Kunden', nl: 'Klanten', fr: 'Clients', el: 'Πελάτες' }
const CONTACTS: Text = {
  en: 'Contacts',
  de: 'Kontakte',
  nl: 'Contacten',
  fr: 'Contacts',
  el: 'Επαφές',
}
const USERS: Text = {
  en: 'Users',
  de: 'Benutzer',
  nl: 'Gebruikers',
  fr: 'Utilisateurs',
  el: 'Χρήστες',
}
const TEMPLATES: Text = {
  en: 'Templates',
  de: 'Vorlagen',
  nl: 'Sjablonen',
  fr: 'Modèles',
  el: 'Πρότυπα',
}
const PROJECTS: Text = {
  en: 'Projects',
  de: 'Projekte',
  nl: 'Projecten',
  fr: 'Projets',
  el: 'Έργα',
}

export const scopes: readonly Scope[] = [
  read('clients:read', CLIENTS, {
    en: 'see your clients',
    de: 'Ihre Kunden ansehen',
    nl: 'uw klanten bekijken',
    fr: 'voir vos clients',
    el: 'να βλέπει τους πελάτες σας',
  }),
  write('clients:write', CLIENTS, {
    en: 'add, change and delete your clients',
    de: 'Ihre Kunden anlegen, ändern und löschen',
    nl: 'uw klanten toevoegen, wijzigen en verwijderen',
    fr: 'ajouter, modifier et supprimer vos clients',
    el: 'να προσθέτει, να αλλάζει και να διαγράφει τους πελάτες σας',
  }),
  read('contacts:read', CONTACTS, {
    en: 'see your contacts',
    de: 'Ihre Kontakte ansehen',
    nl: 'uw contacten bekijken',
    fr: 'voir vos contacts',
    el: 'να βλέπει τις επαφές σας',
  }),
  write('contacts:write', CONTACTS, {
    en: 'add, change and delete your contacts',
    de: 'Ihre Kontakte anlegen, ändern und löschen',
    nl: 'uw contacten toevoegen, wijzigen en verwijderen',
    fr: 'ajouter, modifier et supprimer vos contacts',
    el: 'να προσθέτει, να αλλάζει και να διαγράφει τις επαφές σας',
  }),
  sensitive(
    read('users:read', USERS, {
      en: 'see who uses your account, with name, e-mail and role',
      de: 'die Benutzer Ihres Kontos mit Name, E-Mail und Rolle ansehen',
      nl: 'zien wie uw account gebruiken, met naam, e-mailadres en rol',
      fr: 'voir qui utilise votre compte, avec nom, e-mail et rôle',
      el: 'να βλέπει ποιοι χρησιμοποιούν τον λογαριασμό σας, με όνομα, email και ρόλο',
    }),
  ),
  sensitive(
    write('users:write', USERS, {
      en: 'add, change and delete users of your account',
      de: 'Benutzer Ihres Kontos anlegen, ändern und löschen',
      nl: 'gebruikers van uw account toevoegen, wijzigen en verwijderen',
      fr: 'ajouter, modifier et supprimer des utilisateurs de votre compte',
      el: 'να προσθέτει, να αλλάζει και να διαγράφει χρήστες του λογαριασμού σας',
    }),
  ),
  read('templates:read', TEMPLATES, {
    en: 'see your message templates',
    de: 'Ihre Nachrichtenvorlagen ansehen',
    nl: 'uw berichtsjablonen bekijken',
    fr: 'voir vos modèles de messages',
    el: 'να βλέπει τα πρότυπα μηνυμάτων σας',
  }),
  optional(
    write('templates:write', TEMPLATES, {
      en: 'add, change and delete your message templates',
      de: 'Ihre Nachrichtenvorlagen anlegen, ändern und löschen',
      nl: 'uw berichtsjablonen toevoegen, wijzigen en verwijderen',
      fr: 'ajouter, modifier et supprimer vos modèles de messages',
      el: 'να προσθέτει, να αλλάζει και να διαγράφει τα πρότυπα μηνυμάτων σας',
    }),
  ),
  read('projects:read', PROJECTS, {
    en: 'see your projects',
    de: 'Ihre Projekte ansehen',
    nl: 'uw projecten bekijken',
    fr: 'voir vos projets',
    el: 'να βλέπει τα έργα σας',
  }),
  optional(
    write('projects:write', PROJECTS, {
      en: 'add, change and delete your projects',
      de: 'Ihre Projekte anlegen, ändern und löschen',
      nl: 'uw projecten toevoegen, wijzigen en verwijderen',
      fr: 'ajouter, modifier et supprimer vos projets',
      el: 'να προσθέτει, να αλλάζει και να διαγράφει τα έργα σας',
    }),
  ),
]

/** Where a contract documents its own. The users of the account are among the data, so both are sensitive. */
export const contractScopes: Readonly<Partial<Record<ContractName, readonly Scope[]>>> = {
  'mister-james': [
    sensitive(
      read('read', EVERYTHING, {
        en: 'see all data of your account, its users included',
        de: 'alle Daten Ihres Kontos ansehen, auch dessen Benutzer',
        nl: 'alle gegevens van uw account bekijken, ook de gebruikers ervan',
        fr: 'voir toutes les données de votre compte, y compris ses utilisateurs',
        el: 'να βλέπει όλα τα δεδομένα του λογαριασμού σας, μαζί και τους χρήστες του',
      }),
    ),
    sensitive(
      write('write', EVERYTHING, {
        en: 'add, change and delete data of your account, its users included',
        de: 'Daten Ihres Kontos anlegen, ändern und löschen, auch dessen Benutzer',
        nl: 'gegevens van uw account toevoegen, wijzigen en verwijderen, ook de gebruikers ervan',
        fr: 'ajouter, modifier et supprimer des données de votre compte, y compris ses utilisateurs',
        el: 'να προσθέτει, να αλλάζει και να διαγράφει δεδομένα του λογαριασμού σας, μαζί και τους χρήστες του',
      }),
    ),
  ],
}

export function scopesOf(contract: ContractName | undefined): readonly Scope[] {
  return (contract && contractScopes[contract]) ?? scopes
}

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
