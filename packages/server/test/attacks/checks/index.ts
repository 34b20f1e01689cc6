// All portable checks, in the order of the list of attacks: those that move the clock by days come last.

import type { Check } from '../check.ts'
import { CLIENT_CHECKS } from './clients.ts'
import { CODE_CHECKS } from './codes.ts'
import { ENDING_CHECKS } from './endings.ts'
import { FRONT_CHANNEL_CHECKS } from './front-channel.ts'
import { GUESSING_CHECKS } from './guessing.ts'
import { LOAD_CHECKS } from './load.ts'
import { ABSENCE_CHECKS } from './metadata.ts'
import { PAGE_CHECKS } from './pages.ts'
import { PKCE_CHECKS } from './pkce.ts'
import { PUBLISHED_CHECKS } from './published.ts'
import { REDIRECT_URI_CHECKS } from './redirect-uris.ts'
import { REFRESH_CHECKS } from './refresh-tokens.ts'
import { REQUEST_CHECKS } from './requests.ts'
import { SESSION_CHECKS } from './sessions.ts'
import { TOKEN_CHECKS } from './tokens.ts'
import { TRANSPORT_CHECKS } from './transport.ts'

export const CHECKS: readonly Check[] = [
  ...CODE_CHECKS,
  ...PKCE_CHECKS,
  ...REDIRECT_URI_CHECKS,
  ...FRONT_CHANNEL_CHECKS,
  ...TOKEN_CHECKS,
  ...CLIENT_CHECKS,
  ...ABSENCE_CHECKS,
  ...SESSION_CHECKS,
  ...PAGE_CHECKS,
  ...REQUEST_CHECKS,
  ...TRANSPORT_CHECKS,
  ...LOAD_CHECKS,
  ...PUBLISHED_CHECKS,
  ...ENDING_CHECKS,
  ...GUESSING_CHECKS,
  ...REFRESH_CHECKS,
]
