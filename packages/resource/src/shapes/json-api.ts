// Contract `json-api`: opaque tokens in hexadecimal, about which the issuer must be asked.

import type { TokenShape } from './shape.ts'

const TOKEN = /^[0-9a-f]{64}$/

export const jsonApi: TokenShape = { opaque: (text) => TOKEN.test(text), jwt: undefined }
