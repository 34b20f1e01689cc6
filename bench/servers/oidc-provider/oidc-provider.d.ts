// The part of oidc-provider that the benchmark uses; the package has no types.

declare module 'oidc-provider' {
  import type { Server } from 'node:http'

  export interface Adapter {
    upsert(id: string, payload: AdapterPayload, expiresIn: number | undefined): Promise<void>
    find(id: string): Promise<AdapterPayload | undefined>
    findByUserCode(userCode: string): Promise<AdapterPayload | undefined>
    findByUid(uid: string): Promise<AdapterPayload | undefined>
    consume(id: string): Promise<void>
    destroy(id: string): Promise<void>
    revokeByGrantId(grantId: string): Promise<void>
  }

  export interface AdapterPayload {
    [name: string]: unknown
    uid?: string
    grantId?: string
    userCode?: string
    consumed?: unknown
  }

  export class Provider {
    constructor(issuer: string, configuration: object)
    listen(port: number, host: string): Server
    on(event: string, listener: (...details: unknown[]) => void): this
  }
}
