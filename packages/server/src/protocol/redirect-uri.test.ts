import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONG_ENOUGH_MS, longTexts, slowestMs } from '../../test/support/long-text.ts'
import {
  crossesPlainHttp,
  displayHost,
  formActionSource,
  hasSchemeWithoutDomain,
  isLoopback,
  isNativeRedirect,
  matchRedirectUri,
  redirectDifference,
  redirectUriProblem,
  selfServiceUriProblem,
  usualForm,
} from './redirect-uri.ts'

const EXACT = { anyLoopbackPort: false, emptyPathIsRoot: false }
const NATIVE = { anyLoopbackPort: true, emptyPathIsRoot: false }
const LENIENT = { anyLoopbackPort: false, emptyPathIsRoot: true }

describe('redirectUriProblem', () => {
  it.each([
    'https://app.example/callback',
    'https://app.example',
    'https://app.example:8443/callback?kept=1&also=%23',
    'https://xn--80ak6aa92e.com/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:3000/callback',
    'http://localhost:3000/callback',
    'com.example.app:/callback',
    'com.example.app://callback',
  ])('lets %j be registered', (uri) => {
    expect(redirectUriProblem(uri)).toBeUndefined()
  })

  it.each([
    ['https://app.example/callback#x', 'has_fragment'],
    ['https://app.example/callback#', 'has_fragment'],
    ['/callback', 'not_absolute'],
    ['//app.example/callback', 'not_absolute'],
    ['app.example/callback', 'not_absolute'],
    ['', 'has_unsafe_characters'],
  ])('A12, RFC 6749 §3.1.2: refuses %j, which is %s', (uri, problem) => {
    expect(redirectUriProblem(uri)).toBe(problem)
  })

  it.each([
    'https://app.example/call back',
    ' https://app.example/callback',
    'https://app.example/callback\t',
    'https://app.example/\r\nSet-Cookie: a=b',
    'https://app.example\\@evil.example/callback',
    'https://app.example/callback\0',
    'https://app.example/<script>',
    'https://app.example/"onload="',
  ])('A12: refuses the characters of %j', (uri) => {
    expect(redirectUriProblem(uri)).toBe('has_unsafe_characters')
  })

  it.each(['https://с.example/callback', 'https://app．example/callback', 'https://аpp.example'])(
    'A13: refuses %j, which looks like another one',
    (uri) => {
      expect(redirectUriProblem(uri)).toBe('has_unsafe_characters')
    },
  )

  it.each([
    'https://app.example@evil.example/callback',
    'https://app.example:80@evil.example/callback',
    'https://@evil.example/callback',
    'https://:@evil.example/callback',
    'com.example.app://app.example@evil.example/callback',
  ])('A11: refuses the user in %j', (uri) => {
    expect(redirectUriProblem(uri)).toBe('has_userinfo')
  })

  it.each([
    'https:app.example/callback',
    'https:/app.example/callback',
    'https:///app.example/callback',
    'http:127.0.0.1/callback',
  ])('A12: refuses %j, in which browsers look for the host in different places', (uri) => {
    expect(redirectUriProblem(uri)).toBe('not_absolute')
  })

  it.each([
    'http://app.example/callback',
    'http://127.0.0.2/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://localhost.evil.example/callback',
    'http://[::2]/callback',
    'http://0.0.0.0/callback',
  ])('A14, RFC 9700 §2.6: refuses %j, which is http to another host', (uri) => {
    expect(redirectUriProblem(uri)).toBe('http_not_loopback')
  })

  it.each([
    'javascript:alert(1)',
    'JavaScript:alert(1)//app.example',
    'data:text/html,x',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://app.example/1',
    'ftp://app.example/callback',
    'ws://app.example/callback',
    'about:blank',
    'urn:ietf:wg:oauth:2.0:oob',
    'myapp:callback',
    'c:/callback',
    'javascript://app.example/%0Aalert(1)',
    'JavaScript://app.example/%0Aalert(1)',
    'vbscript://x',
    'view-source://app.example/',
    'intent://app.example/',
    'content://app.example/',
    'file://app.example/callback',
    'filesystem://app.example/',
    'ssh://app.example/',
  ])('A14, RFC 8252 §7.1: refuses the scheme of %j, which is of no app', (uri) => {
    expect(redirectUriProblem(uri)).toBe('scheme_not_allowed')
  })

  it.each([
    'myapp:/callback',
    'myapp://callback',
    'claude://',
    'cursor://x/y',
    'fb123://authorize',
    'MSAL12-3://auth',
  ])('RFC 8252 §7.1: tells that the scheme of %j holds no domain', (uri) => {
    expect(redirectUriProblem(uri)).toBe('scheme_without_domain')
    expect(hasSchemeWithoutDomain(uri)).toBe(true)
    expect(displayHost(uri)).toBe(`${uri.split(':')[0]?.toLowerCase()}:`)
  })

  it.each(['https://app.example/', 'http://127.0.0.1/', 'com.example.app:/callback'])(
    "RFC 8252 §7.1: tells that %j is somebody's",
    (uri) => expect(hasSchemeWithoutDomain(uri)).toBe(false),
  )

  it('has room for 2048 characters', () => {
    const uri = 'https://app.example/'.padEnd(2048, 'x')
    expect(redirectUriProblem(uri)).toBeUndefined()
    expect(redirectUriProblem(`${uri}x`)).toBe('too_long')
  })
})

/** What the native app's registered URIs stand for. */
const ANY_PORT = /^http:\/\/(127\.0\.0\.1(:\d+)?\/callback|\[::1\](:\d+)?\/callback\?kept=1)$/

describe('matchRedirectUri', () => {
  const registered = ['https://app.example/callback', 'https://app.example/second?kept=1']
  const native = ['http://127.0.0.1/callback', 'http://[::1]:1234/callback?kept=1']

  it.each([...registered, ...native])('finds %s among the registered ones', (uri) => {
    expect(matchRedirectUri([...registered, ...native], uri, EXACT)).toBe(uri)
  })

  it.each([
    'https://app.example/callback/',
    'https://app.example/callback/../evil',
    'https://app.example/callback/%2e%2e/evil',
    'https://app.example/callback;x',
    'https://app.example//callback',
    'https://app.example/CALLBACK',
    'https://app.example/callback?a=1',
    'https://app.example/callback?',
    'https://app.example:443/callback',
    'https://app.example./callback',
    'https://APP.example/callback',
    'HTTPS://app.example/callback',
    'https://app.example/%63allback',
    'https://app.example/%2563allback',
    'https://app.example/',
    'http://app.example/callback',
    'https://sub.app.example/callback',
    'https://app.example.evil.example/callback',
    'https://app.example/second',
    'https://app.example/second?kept=1&more=2',
  ])('A10, RFC 9700 §4.1.3: %s is not the registered one', (uri) => {
    expectRefused(registered, uri)
  })

  it.each([
    'https://app.example@evil.example/callback',
    'https://app.example:80@evil.example/callback',
    'https://evil.example\\@app.example/callback',
  ])('A11: %s is not the registered one', (uri) => {
    expectRefused(registered, uri)
  })

  it.each([
    'https://app.example/callback#',
    'https://app.example/callback#code=1',
    'https://app.example/callback%23',
    'https://app.example/callback\\',
    'https://app.example/callback\t',
    'https://app.example/callback\r\nX: y',
    'https://app.example/callback%0d%0aX:%20y',
    ' https://app.example/callback',
    'https://app.example/callback\0',
  ])('A12: %j is not the registered one', (uri) => {
    expectRefused(registered, uri)
  })

  it.each(['https://аpp.example/callback', 'https://app．example/callback'])(
    'A13: %s is not the registered one',
    (uri) => {
      expectRefused(registered, uri)
    },
  )

  it('A10, RFC 9700 §4.1.3: one changed character is enough', () => {
    const position = fc.nat(Math.max(...registered.map(({ length }) => length)))
    const change = fc.tuple(fc.constantFrom(...registered), position, fc.string({ maxLength: 3 }))
    fc.assert(
      fc.property(change, fc.nat(2), ([uri, at, inserted], removed) => {
        const presented = uri.slice(0, at) + inserted + uri.slice(at + removed)
        fc.pre(!registered.includes(presented))
        expectRefused(registered, presented)
      }),
      { numRuns: 2000 },
    )
  })

  it('A15, RFC 8252 §7.3: a native app may use any port of a loopback address', () => {
    const host = fc.constantFrom('127.0.0.1', '[::1]', 'localhost')
    const rest = fc.constantFrom('', '/', '/callback', '/callback?kept=1', '?kept=1')
    const port = fc.option(fc.nat(65_535)).map((number) => (number === null ? '' : `:${number}`))
    fc.assert(
      fc.property(host, rest, port, port, (host, rest, registeredPort, port) => {
        const uri = `http://${host}${port}${rest}`
        expect(matchRedirectUri([`http://${host}${registeredPort}${rest}`], uri, NATIVE)).toBe(uri)
      }),
    )
  })

  it('A15, RFC 8252 §8.4: nothing but the port is free', () => {
    const part = fc.constantFrom(
      ...['http://', 'https://', '127.0.0.1', '[::1]', '127.0.0.2', 'localhost', 'evil.example'],
      ...[':80', ':0', ':49152', ':99999', ':', '@', '/', '/callback', '?kept=1', '#', '\\', '%'],
    )
    const presented = fc.oneof(
      fc.array(part, { maxLength: 6 }).map((parts) => parts.join('')),
      fc.constantFrom(...native).map((uri) => `${uri}?x=1`),
    )
    fc.assert(
      fc.property(presented, (uri) => {
        fc.pre(!ANY_PORT.test(uri))
        expect(matchRedirectUri(native, uri, NATIVE)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    'http://127.0.0.1:49152/callback?x=1',
    'http://127.0.0.1:49152/other',
    'http://[::1]:49152/callback',
    'http://127.0.0.1:49152/callback#x',
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:/callback',
    'http://127.0.0.1:49152@evil.example/callback',
    'http://127.0.0.1:49152\\@evil.example/callback',
    'http://127.0.0.1.evil.example/callback',
    'http://127.0.0.2/callback',
    'http://localhost:49152/callback',
    'https://127.0.0.1/callback',
    'http://2130706433/callback',
    'http://[::ffff:127.0.0.1]/callback',
  ])('A15, RFC 8252 §8.4: %s is not the registered one', (uri) => {
    expectRefused(native, uri)
  })

  it('A15: web apps have the port they registered', () => {
    const uris = ['http://localhost/callback', 'http://127.0.0.1/callback']
    expect(matchRedirectUri(uris, 'http://localhost:49152/callback', EXACT)).toBeUndefined()
    expect(matchRedirectUri(uris, 'http://127.0.0.1:49152/callback', EXACT)).toBeUndefined()
  })

  it.each([
    ['https://app.example', 'https://app.example/'],
    ['https://app.example/', 'https://app.example'],
    ['https://app.example:8443?kept=1', 'https://app.example:8443/?kept=1'],
  ])('RFC 3986 §6.2.3: registered as %s, %s is the same', (registered, presented) => {
    expect(matchRedirectUri([registered], presented, LENIENT)).toBe(presented)
    expect(matchRedirectUri([registered], presented, EXACT)).toBeUndefined()
  })

  it.each([
    ['https://app.example', 'https://app.example//'],
    ['https://app.example', 'https://app.example/x'],
    ['https://app.example', 'https://app.example?'],
    ['https://app.example', 'https://app.example@evil.example'],
    ['https://app.example/', 'https://app.example\\'],
    ['https://app.example/callback', 'https://app.example/callback/'],
    ['com.example.app://callback', 'com.example.app://callback/'],
  ])('A10: registered as %s, %s is another one', (registered, presented) => {
    expect(matchRedirectUri([registered], presented, LENIENT)).toBeUndefined()
  })

  it('E5: is done with any long text at once', () => {
    const texts = longTexts('http://127.0.0.1:', 'a.', '1', '/', '@', 'http://[::1]:1').flatMap(
      (text) => [text, `http://127.0.0.1:${text}`, `https://app.example/${text}`, `${text}:/x`],
    )
    const read = (uri: string) => {
      matchRedirectUri(native, uri, NATIVE)
      redirectUriProblem(uri)
      redirectDifference(native, uri)
    }
    expect(slowestMs(texts, read)).toBeLessThan(LONG_ENOUGH_MS)
  })
})

function expectRefused(registered: readonly string[], presented: string) {
  expect(matchRedirectUri(registered, presented, EXACT)).toBeUndefined()
  expect(matchRedirectUri(registered, presented, NATIVE)).toBeUndefined()
}

describe('redirectDifference', () => {
  const registered = ['https://app.example/callback', 'https://app.example:8443/second?kept=1']

  it.each([
    ['https://app.example/callback/', 'trailing-slash'],
    ['https://app.example/Callback', 'case'],
    ['https://app.example/callback?x=1', 'query'],
    ['https://app.example/other', 'path'],
    ['https://app.example:9443/second?kept=1', 'port'],
    ['https://evil.example/callback', 'host'],
    ['http://app.example/callback', 'scheme'],
    ['not a uri', undefined],
  ])('between %s and the nearest one is %s', (presented, difference) => {
    expect(redirectDifference(registered, presented)).toBe(difference)
  })

  it('is told for any text, also to an app without redirect URIs', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl()), (presented) => {
        redirectDifference(registered, presented)
        expect(redirectDifference([], presented)).toBeUndefined()
      }),
    )
  })
})

describe('where a redirect URI leads', () => {
  it.each([
    ['https://app.example/callback', 'app.example', 'https://app.example'],
    ['https://app.example:8443/callback', 'app.example:8443', 'https://app.example:8443'],
    ['http://127.0.0.1:49152/callback', '127.0.0.1:49152', 'http://127.0.0.1:49152'],
    ['com.example.app:/callback', 'com.example.app:', 'com.example.app:'],
    ['com.evil.app://accounts.bank.example/callback', 'com.evil.app:', 'com.evil.app:'],
  ])('C9: of %s the page names %s, and its policy %s', (uri, host, source) => {
    expect(displayHost(uri)).toBe(host)
    expect(formActionSource(uri)).toBe(source)
  })

  it.each([
    ['http://127.0.0.1:49152/callback', true, true],
    ['http://[::1]/callback', true, true],
    ['http://localhost:3000/callback', true, true],
    ['com.example.app:/callback', true, false],
    ['https://app.example/callback', false, false],
    ['https://localhost/callback', false, false],
  ])('C10, RFC 8252 §8.6: %s is one that any app on the device could use: %s', (...row) => {
    const [uri, native, loopback] = row
    expect(isNativeRedirect(uri)).toBe(native)
    expect(isLoopback(uri)).toBe(loopback)
  })

  it.each([
    ['http://app.example/callback', true],
    ['HTTP://app.example/callback', true],
    ['http://127.0.0.1.example/callback', true],
    ['http://localhost.example/callback', true],
    ['http://192.0.2.1/callback', true],
    ['http://127.0.0.1/callback', false],
    ['http://[::1]:49152/callback', false],
    ['http://localhost:3000/callback', false],
    ['https://app.example/callback', false],
    ['com.example.app:/callback', false],
  ])('RFC 9700 §2.6: what is sent to %s crosses a network in the clear: %s', (uri, insecure) => {
    expect(crossesPlainHttp(uri)).toBe(insecure)
  })
})

describe('selfServiceUriProblem', () => {
  const problemOf = (uri: string) => selfServiceUriProblem(uri, 'https://login.example/acme')

  it.each([
    'https://app.example',
    'https://app.example/',
    'https://app.example/callback?to=%2Fhome',
    'https://app.example:8443/*',
    'http://127.0.0.1:3000/callback',
    'com.example.app:/callback',
    'https://login.example.evil.example/cb',
  ])('lets %j be registered', (uri) => {
    expect(problemOf(uri)).toBeUndefined()
  })

  it.each([
    ['https://*.app.example/cb', 'wildcard_host'],
    ['https://login.example/cb', 'own_origin'],
    ['https://login.example:443/cb', 'own_origin'],
    ['https://LOGIN.example/other-tenant', 'own_origin'],
    ['https://app.example/../cb', 'not_usual_form'],
    ['https://app.example/%2e%2E/cb', 'not_usual_form'],
    ['https://app.example:443/cb', 'not_usual_form'],
    ['HTTPS://App.example/cb', 'not_usual_form'],
    ['https://%61pp.example/cb', 'not_usual_form'],
    ['https://0x7f.1/cb', 'not_usual_form'],
  ] as const)('RFC 3986 §6.2.2: refuses %j: %s', (uri, problem) => {
    expect(problemOf(uri)).toBe(problem)
  })

  it('offers a form that is taken', () => {
    const part = fc.stringMatching(/^[a-zA-Z0-9.%~-]{0,12}$/)
    fc.assert(
      fc.property(part, part, fc.nat(65_535), (host, path, port) => {
        const uri = `https://${host}:${port}/${path}`
        fc.pre(URL.canParse(uri) && redirectUriProblem(uri) === undefined)
        expect(usualForm(usualForm(uri))).toBe(usualForm(uri))
      }),
    )
  })
})
