// RFC 6749 §2.3.1: client id and secret as parameters of the body.

import { optional, required } from '../protocol/params.ts'
import type { SecretMethod } from './method.ts'

export const clientSecretPost: SecretMethod = {
  name: 'client_secret_post',
  read({ params }) {
    const secret = optional(params, 'client_secret')
    if (secret === undefined) return undefined
    return { clientIds: [required(params, 'client_id')], secrets: [secret] }
  },
}
