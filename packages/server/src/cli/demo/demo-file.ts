// demo.json: everything that a program or a person needs to use the demo, secrets included.

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface DemoFile {
  readonly tenants: readonly DemoTenant[]
}

export interface DemoTenant {
  readonly name: string
  readonly contract: string
  readonly issuer: string
  readonly api: string
  readonly endpoints: {
    readonly authorize?: string
    readonly token: string
    readonly revoke?: string
    readonly introspect: string
    readonly metadata: string
  }
  /** For people, in a browser. */
  readonly pages: {
    readonly account: string
    /** Where the contract lets account holders register apps. */
    readonly developers?: string
  }
  readonly users: readonly DemoUser[]
  readonly clients: readonly DemoFileClient[]
  readonly resource_servers: readonly {
    readonly client_id: string
    readonly client_secret: string
  }[]
  readonly application_keys?: DemoKeyExchange['application_keys']
  readonly consumers?: DemoKeyExchange['consumers']
  readonly trusted_issuer?: DemoKeyExchange['trusted_issuer']
}

/** Of a contract that exchanges application keys and identity JWTs. */
export interface DemoKeyExchange {
  readonly application_keys: readonly { readonly key: string; readonly organisation: string }[]
  readonly consumers: readonly DemoConsumer[]
  readonly trusted_issuer: {
    readonly issuer: string
    readonly audience: string
    readonly key_file: string
    readonly subjects: readonly string[]
    /** Prints a JWT. */
    readonly jwt_command: string
  }
}

export interface DemoConsumer {
  readonly authentication_code: string
  readonly identifier: string
  readonly pass_code: string
  readonly username: string
  readonly organisation: string
  readonly unit: string
}

export interface DemoUser {
  readonly username: string
  readonly password: string
  readonly organisations: readonly string[]
}

interface DemoFileClient {
  readonly client_id: string
  readonly client_secret?: string
  readonly type: 'confidential' | 'public'
  readonly redirect_uris: readonly string[]
  readonly scopes: readonly string[]
  readonly grants: readonly string[]
  readonly note: string
}

/** What an earlier start wrote down. Passwords and secrets can be known from nowhere else. */
export interface KnownSecrets {
  /** The same in every tenant. */
  passwordOf(username: string): string | undefined
  secretOf(tenant: string, clientId: string): string | undefined
  keyExchangeOf(tenant: string): DemoKeyExchange | undefined
}

export function demoFilePath(folder: string): string {
  return join(folder, 'demo.json')
}

/** A file that is missing or damaged knows nothing: then the demo makes everything anew. */
export function readKnownSecrets(folder: string): KnownSecrets {
  const tenants = listAt(readJson(demoFilePath(folder)), 'tenants')
  const users = tenants.flatMap((tenant) => listAt(tenant, 'users'))
  const find = (entries: readonly unknown[], key: string, name: string) =>
    entries.find((entry) => textAt(entry, key) === name)
  return {
    passwordOf: (username) => textAt(find(users, 'username', username), 'password'),
    secretOf(name, clientId) {
      const tenant = find(tenants, 'name', name)
      const clients = [...listAt(tenant, 'clients'), ...listAt(tenant, 'resource_servers')]
      return textAt(find(clients, 'client_id', clientId), 'client_secret')
    },
    keyExchangeOf: (name) => asKeyExchange(find(tenants, 'name', name)),
  }
}

/** It was this program that wrote it; whether it still works is for the store to say. */
function asKeyExchange(tenant: unknown): DemoKeyExchange | undefined {
  const isComplete =
    listAt(tenant, 'application_keys').every((each) => textAt(each, 'key') !== undefined) &&
    listAt(tenant, 'consumers').length > 0 &&
    textAt(valueAt(tenant, 'trusted_issuer'), 'issuer') !== undefined
  return isComplete ? (tenant as DemoKeyExchange) : undefined
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function listAt(value: unknown, key: string): readonly unknown[] {
  const found = valueAt(value, key)
  return Array.isArray(found) ? found : []
}

function textAt(value: unknown, key: string): string | undefined {
  const found = valueAt(value, key)
  return typeof found === 'string' ? found : undefined
}

function valueAt(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

/** Readers see the old file or the new one, never half of it. */
export function writeDemoFile(folder: string, content: DemoFile): void {
  const path = demoFilePath(folder)
  const draft = `${path}.${process.pid}`
  try {
    writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
    renameSync(draft, path)
  } finally {
    rmSync(draft, { force: true })
  }
}
