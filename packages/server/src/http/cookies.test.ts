import { expect, it } from 'vitest'
import { describeCookies, readCookies } from './cookies.ts'

const VALUE = 'abcdefgh-and-more'

function read(tenant: string, cookies: Readonly<Record<string, string>>) {
  const cookie = Object.entries(cookies).map(([name, value]) => `${name}=${value}`)
  const request = { headers: { cookie: cookie.join('; ') } }
  const kind = describeCookies(tenant, 'https://login.example/')
  return readCookies(request as Parameters<typeof readCookies>[0], kind)
}

it.each(['main-browser', 'main-browser-x', 'main-browser-abc'])(
  'the cookies of tenant %s are none of tenant main',
  (other) => {
    const { prefix } = describeCookies(other, 'https://login.example/')
    for (const name of ['session', 'device', 'new-secret', 'browser-abcdefgh']) {
      expect(read('main', { [prefix + name]: VALUE }).browser, name).toBeUndefined()
    }
    const own = describeCookies('main', 'https://login.example/').prefix
    expect(read('main', { [`${own}browser-abcdefgh`]: VALUE }).browser).toBe(VALUE)
  },
)
