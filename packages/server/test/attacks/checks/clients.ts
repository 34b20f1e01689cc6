// Attacks on client authentication: two methods at once, the wrong one, guessing, fetching what strangers name.

import { basic, type Fields, postForm } from '../../support/test-app.ts'
import type { Check } from '../check.ts'
import type { Scene } from '../scene.ts'
import { openTrap } from './trap.ts'

const ASSERTION = {
  client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  client_assertion: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJtYWNoaW5lIn0.',
}
const GUESSES = 200
const GUESSES_AT_ONCE = 25

export const CLIENT_CHECKS: readonly Check[] = [
  {
    row: 'C1',
    title: 'two ways of authenticating at once are refused, even when both are right',
    async run(scene, witness) {
      const { id, secret = '' } = scene.target.apps.machine
      const authorization = basic(id, secret)
      const inBody = { client_id: id, client_secret: secret }
      for (const [where, send] of endpointsOf(scene)) {
        const both = await send(inBody, { authorization })
        witness.refused(`${where}: header and body`, both, 'invalid_request')
        const halfWrong = await send({ ...inBody, client_secret: 'wrong' }, { authorization })
        witness.refused(`${where}: wrong in the body`, halfWrong, 'invalid_request')
        const assertion = await send(ASSERTION, { authorization })
        witness.refused(`${where}: assertion and header`, assertion, 'invalid_request')
      }
    },
  },
  {
    row: 'C1',
    title: 'a client_id in the body that is not the one of the header is refused',
    async run(scene, witness) {
      const { machine, web } = scene.target.apps
      const authorization = basic(machine.id, machine.secret ?? '')
      for (const [where, send] of endpointsOf(scene)) {
        const answer = await send({ client_id: web.id }, { authorization })
        witness.refused(where, answer, 'invalid_client')
      }
    },
  },
  {
    row: 'C2',
    title: 'a confidential app that sends no secret, or an assertion of nobody, is refused',
    async run(scene, witness) {
      const { id } = scene.target.apps.machine
      for (const [where, send] of endpointsOf(scene)) {
        witness.refused(`${where}: id alone`, await send({ client_id: id }), 'invalid_client')
        const empty = await send({ client_id: id, client_secret: '' })
        witness.refused(`${where}: empty`, empty, 'invalid_client')
        const inHeader = await send({}, { authorization: basic(id, '') })
        witness.refused(`${where}: empty header`, inHeader, 'invalid_client')
        const asserted = await send({ client_id: id, ...ASSERTION })
        witness.refused(`${where}: assertion`, asserted, 'invalid_client')
        witness.refused(`${where}: nothing`, await send({}), 'invalid_client')
      }
    },
  },
  {
    row: 'C2',
    title: 'the secret of a public app is checked by nobody, so it proves nothing',
    async run(scene, witness) {
      const { spa, machine } = scene.target.apps
      for (const [where, send] of endpointsOf(scene)) {
        for (const secret of ['anything', machine.secret ?? '']) {
          const inHeader = await send({}, { authorization: basic(spa.id, secret) })
          witness.refused(`${where}: header`, inHeader, 'invalid_client')
          const inBody = await send({ client_id: spa.id, client_secret: secret })
          witness.refused(`${where}: body`, inBody, 'invalid_client')
        }
      }
    },
  },
  {
    row: 'C2',
    title: 'a malformed authorization header proves nothing',
    async run(scene, witness) {
      const { id, secret = '' } = scene.target.apps.machine
      const encode = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
      for (const authorization of [
        'Basic',
        'Basic !!!!',
        encode('no-colon'),
        encode('%zz:x'),
        encode(`:${secret}`),
        encode(`${id}: ${secret}`),
        `Bearer ${secret}`,
        `Digest username="${id}"`,
      ]) {
        const answer = await postForm(
          scene.target.endpoints.token,
          { grant_type: 'client_credentials' },
          { authorization },
        )
        witness.refused(authorization, answer, 'invalid_client')
      }
    },
  },
  {
    row: 'C4',
    title: `${GUESSES} wrong secrets are slowed down`,
    needs: ['rate limits'],
    async run(scene, witness) {
      const app = await scene.register({
        id: 'guessed',
        kind: 'web',
        redirectUri: 'https://guessed.example/cb',
      })
      const statuses: number[] = []
      while (statuses.length < GUESSES) {
        const answers = await Promise.all(
          Array.from({ length: GUESSES_AT_ONCE }, (_, index) =>
            scene
              .app({ ...app.client, secret: `guess-${statuses.length + index}` })
              .token({ grant_type: 'client_credentials' }),
          ),
        )
        statuses.push(...answers.map(({ status }) => status))
      }
      const looked = statuses.filter((status) => status !== 429).length
      const seen = `${looked} of ${GUESSES} guesses were looked at`
      witness.sees('guesses', looked < GUESSES, seen)
    },
  },
  {
    row: 'C7',
    title: 'nothing is fetched because a stranger names it',
    async run(scene, witness) {
      const trap = await openTrap()
      const fields = {
        client_id: `${trap.url}/client.json`,
        request_uri: `${trap.url}/request.jwt`,
        jwks_uri: `${trap.url}/jwks`,
        sector_identifier_uri: `${trap.url}/sector`,
        logo_uri: `${trap.url}/logo`,
      }
      try {
        for (const [name, value] of Object.entries(fields)) {
          await scene.web.open({ [name]: value })
          await scene.web.open({ ...fields, client_id: scene.web.client.id })
          await postForm(scene.target.endpoints.token, {
            grant_type: 'client_credentials',
            ...fields,
          })
        }
      } finally {
        await trap.close()
      }
      witness.sees('nothing was fetched', trap.hits() === 0)
    },
  },
  {
    row: 'C8',
    title: 'the URL of a document is no client id',
    async run(scene, witness) {
      const trap = await openTrap()
      try {
        for (const id of [
          `${trap.url}/client.json`,
          'https://evil.example/client.json',
          'https://evil.example/../client.json',
          'https://user@evil.example/client.json',
          'https://evil.example/client.json#x',
        ]) {
          const fields = { client_id: id, redirect_uri: 'https://evil.example/cb' }
          witness.stays(id, await scene.web.open(fields))
          const answer = await postForm(scene.target.endpoints.token, {
            client_id: id,
            grant_type: 'authorization_code',
            code: 'x',
          })
          witness.refused(`${id} at the token endpoint`, answer, 'invalid_client')
        }
      } finally {
        await trap.close()
      }
      witness.sees('nothing was fetched', trap.hits() === 0)
    },
  },
]

type Send = (fields: Fields, headers?: Record<string, string>) => ReturnType<typeof postForm>

/** Name -> how to send it a request that lacks nothing but credentials. */
function endpointsOf({ target }: Scene): [string, Send][] {
  const { token, revoke, introspect } = target.endpoints
  return Object.entries({ token, revoke, introspect }).map(([name, url]) => [
    name,
    (fields, headers = {}) =>
      postForm(url, { grant_type: 'client_credentials', token: 'x', ...fields }, headers),
  ])
}
