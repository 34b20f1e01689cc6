// Attacks on PKCE: leaving it out, weakening it, guessing the verifier.

import { createHash } from 'node:crypto'
import { newPkce } from '../../support/test-app.ts'
import type { Check } from '../check.ts'
import { metadataOf } from './metadata.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url')

const random = newPkce().verifier

const MALFORMED_VERIFIERS: Readonly<Record<string, string>> = {
  'too short (42)': random.slice(0, 42),
  'too long (129)': random.repeat(3),
  'a plus': `${random.slice(1)}+`,
  'a slash': `${random.slice(1)}/`,
  padding: `${random}=`,
  'a percent sign': `${random.slice(1)}%`,
  NUL: `${random}\0`,
  'an umlaut': `${random}ü`,
  'a line end': `${random}\n`,
}

export const PKCE_CHECKS: readonly Check[] = [
  {
    row: 'A6',
    title: 'without a code_challenge there is no code, for no kind of client',
    async run(scene, witness) {
      const { web, spa, native } = scene
      const browser = await scene.browser()
      for (const app of [web, spa, native]) {
        for (const fields of [
          { code_challenge: undefined },
          { code_challenge: '' },
          { code_challenge: undefined, code_challenge_method: undefined },
        ]) {
          const what = `${app.client.id} ${JSON.stringify(fields)}`
          witness.tellsApp(what, await app.open(fields, browser), 'invalid_request')
        }
      }
    },
  },
  {
    row: 'A7',
    title: 'a code with a challenge is not given without its verifier',
    async run(scene, witness) {
      for (const app of [scene.web, scene.spa]) {
        for (const verifier of [undefined, '']) {
          const { code } = await app.obtainCode({ browser: await scene.browser() })
          const what = `${app.client.id}, verifier ${verifier}`
          witness.refused(what, await app.redeem(code, verifier), 'invalid_grant')
        }
      }
    },
  },
  {
    row: 'A7',
    title: 'the challenge method is S256, exactly and expressly',
    async run(scene, witness) {
      const { code_challenge_methods_supported: offered } = await metadataOf(scene)
      witness.sees('the metadata', offered?.join() === 'S256', `offers ${offered}`)
      const { web } = scene
      const browser = await scene.browser()
      for (const method of ['plain', 's256', 'S256 ', ' S256', 'S512', 'none', '', undefined]) {
        const page = await web.open({ code_challenge_method: method }, browser)
        witness.tellsApp(`method ${JSON.stringify(method)}`, page, 'invalid_request')
      }
    },
  },
  {
    row: 'A8',
    title: 'a verifier of another length or alphabet is refused, although its hash is right',
    async run(scene, witness) {
      for (const [what, verifier] of Object.entries(MALFORMED_VERIFIERS)) {
        const fields = { code_challenge: sha256(verifier) }
        const { code } = await scene.web.obtainCode({ browser: await scene.browser(), fields })
        const answer = await scene.web.redeem(code, verifier)
        witness.refused(what, answer, 'invalid_grant', 'invalid_request')
      }
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
      for (const verifier of [random, random.repeat(3).slice(0, 128), alphabet]) {
        const fields = { code_challenge: sha256(verifier) }
        const { code } = await scene.web.obtainCode({ browser: await scene.browser(), fields })
        const { status } = await scene.web.redeem(code, verifier)
        witness.given(`a good verifier of ${verifier.length}`, status === 200)
      }
    },
  },
  {
    row: 'A8',
    title: 'a challenge that is too short or has other signs is refused',
    async run(scene, witness) {
      const browser = await scene.browser()
      const { challenge } = newPkce()
      for (const wrong of [
        challenge.slice(1),
        challenge.repeat(3),
        `${challenge}=`,
        `+${challenge.slice(1)}`,
      ]) {
        const page = await scene.web.open({ code_challenge: wrong }, browser)
        witness.tellsApp(`challenge ${wrong.length}`, page, 'invalid_request')
      }
    },
  },
]
