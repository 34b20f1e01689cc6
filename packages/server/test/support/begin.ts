// An authorization request, and what its answer gives the app: tokens, or an error.

import { decodeJwt } from 'jose'
import { expect } from 'vitest'
import type { BrowserPage } from './browser.ts'
import { type Fields, newPkce, type TestApp } from './test-app.ts'

export function begin(app: TestApp, fields: Fields = {}) {
  const { verifier, challenge } = newPkce()
  return {
    url: app.authorizeUrl({ scope: 'openid', code_challenge: challenge, ...fields }),
    /** The claims of the ID token that the app gets for this answer. */
    async claimsFor({ location = '' }: BrowserPage) {
      const { searchParams } = new URL(location)
      const redirect =
        fields.redirect_uri === undefined ? {} : { redirect_uri: fields.redirect_uri }
      const answer = await app.redeem(searchParams.get('code') ?? '', verifier, redirect)
      expect(answer.status, answer.text).toBe(200)
      return decodeJwt(answer.body.id_token)
    },
  }
}

/** What an answer tells the app instead of giving it a code. */
export function errorIn({ location = '' }: BrowserPage): string | null {
  return new URL(location).searchParams.get('error')
}
