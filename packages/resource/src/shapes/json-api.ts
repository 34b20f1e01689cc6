// Contract `json-api`: opaque tokens in hexadecimal, about which the issuer must be asked.

import type { TokenShape } from './shape.ts'

export const jsonApi: TokenShape = { opaque: /^[0-9a-f]{64}$/, jwt: undefined }
