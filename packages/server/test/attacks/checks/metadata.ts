// What a server says about itself, and what it does not offer.

import { getAnswer } from '../../support/test-app.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'

// biome-ignore lint/suspicious/noExplicitAny: the checks look into whatever came
export async function metadataOf({ target }: Scene): Promise<Record<string, any>> {
  return (await getAnswer(target.endpoints.metadata)).body
}

/** Of what a server can offer, what it does not: nothing announced, nothing where such endpoints usually are. */
interface Absence {
  readonly row: string
  readonly what: string
  readonly member: string
  readonly paths: readonly string[]
  readonly body: Readonly<Record<string, string>>
}

const ABSENCES: readonly Absence[] = [
  {
    row: 'A23',
    what: 'pushed authorization requests',
    member: 'pushed_authorization_request_endpoint',
    paths: ['/par', '/request', '/as/par.oauth2', '/oauth2/par'],
    body: { response_type: 'code' },
  },
  {
    row: 'B15',
    what: 'tokens bound by DPoP',
    member: 'dpop_signing_alg_values_supported',
    paths: [],
    body: {},
  },
  {
    row: 'C5',
    what: 'registration by strangers',
    member: 'registration_endpoint',
    paths: ['/register', '/reg', '/connect/register', '/oauth/register', '/oauth2/register'],
    body: { client_id: 'chosen', trusted: 'true', redirect_uris: 'https://evil.example/cb' },
  },
  {
    row: 'C6',
    what: 'management of registrations',
    member: 'registration_endpoint',
    paths: ['/register/web-app', '/reg/web-app', '/connect/register/web-app'],
    body: { redirect_uris: 'https://evil.example/cb' },
  },
  {
    row: 'D11',
    what: 'device codes',
    member: 'device_authorization_endpoint',
    paths: ['/device', '/device/auth', '/device_authorization', '/oauth/device_authorization'],
    body: { user_code: 'AAAA-AAAA' },
  },
  {
    row: 'C11',
    what: 'sign-in through another provider',
    member: 'upstream_providers',
    paths: ['/callback', '/auth/callback', '/federation/callback', '/login/callback'],
    body: { code: 'x', state: 'x' },
  },
]

const GRANT_TYPES = [
  'urn:ietf:params:oauth:grant-type:device_code',
  'urn:ietf:params:oauth:grant-type:token-exchange',
  'urn:openid:params:grant-type:ciba',
]

export const ABSENCE_CHECKS: readonly Check[] = [
  ...ABSENCES.map(absenceCheck),
  {
    row: 'D11',
    title: 'grants that are not offered cannot be used by accident',
    async run(scene, witness) {
      const { grant_types_supported: offered = [] } = await metadataOf(scene)
      const absent = GRANT_TYPES.filter((type) => !offered.includes(type))
      for (const app of [scene.web, scene.spa]) {
        for (const type of absent) {
          const fields = {
            grant_type: type,
            device_code: 'x',
            subject_token: 'x',
            auth_req_id: 'x',
          }
          const answer = await app.token(fields)
          witness.refused(`${app.client.id} ${type}`, answer, 'unsupported_grant_type')
        }
      }
    },
  },
]

function absenceCheck({ row, what, member, paths, body }: Absence): Check {
  return {
    row,
    title: `${what}: not offered, and not there by accident`,
    async run(scene, witness) {
      const metadata = await metadataOf(scene)
      if (metadata[member] !== undefined) {
        return witness.notApplicable('offered: this list has no attacks on it yet')
      }
      witness.sees('not announced', true)
      for (const path of paths) {
        const { status } = await scene.web.post(scene.target.issuer + path, body)
        const json = await fetch(scene.target.issuer + path, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        })
        for (const seen of [status, json.status]) {
          witness.sees(path, [404, 405].includes(seen), `${seen}`)
        }
      }
    },
  }
}
