import { describe, expect, it } from 'vitest'
import { createLog } from './log.ts'
import { newSecret } from './random.ts'

/** What is written when `write` logs something. */
function logged(
  write: (log: ReturnType<typeof createLog>) => void,
  format: 'json' | 'text' = 'json',
) {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  write(createLog({ level: 'info', format, destination }))
  return lines.join('')
}

const CANARY = 'canary-value-that-must-not-appear'

describe('B19: secrets in fields', () => {
  it.each([
    'password',
    'newPassword',
    'client_secret',
    'clientSecret',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'code',
    'code_verifier',
    'codeVerifier',
    'authorization',
    'Authorization',
    'cookie',
    'set-cookie',
    'secret',
    'secrets',
    'client_assertion',
    'masterKey',
    'OSTIARY_MASTER_KEY',
    'privateJwk',
    'api-key',
    'applicationKey',
    'application_key',
    'pass_code',
    'passCodes',
    'authenticationCode',
    'authentication_code',
    'identityJwt',
    'jwt',
    'csrfToken',
  ])('hides %s at any depth and in any shape', (name) => {
    const line = logged((log) => {
      log.info({ [name]: CANARY }, 'flat')
      log.info({ request: { body: [{ deep: { [name]: CANARY } }] } }, 'deep')
      log.info({ [name]: [CANARY], other: { [name]: { value: CANARY } } }, 'not a text')
      log.child({ [name]: CANARY }).warn('of a child')
    })
    expect(line).not.toContain(CANARY)
    expect(line.match(/\[redacted\]/g)).toHaveLength(5)
  })

  it('keeps what only sounds like one', () => {
    const line = logged((log) =>
      log.info(
        { token_type: 'Bearer', expiresInSeconds: 3600, statusCode: 200, hasToken: true },
        'x',
      ),
    )
    expect(JSON.parse(line)).toMatchObject({
      token_type: 'Bearer',
      expiresInSeconds: 3600,
      statusCode: 200,
      hasToken: true,
    })
  })

  it('keeps the code of an error, which says what failed', () => {
    const error = Object.assign(new Error('no'), { code: 'ECONNREFUSED', token: CANARY })
    const line = logged((log) => log.error({ err: error }, 'failed'))
    expect(JSON.parse(line).err).toMatchObject({ code: 'ECONNREFUSED', token: '[redacted]' })
  })
})

describe('B19: secrets in texts', () => {
  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl'
  const kinds = ['ost_at', 'ost_rt', 'ost_ac', 'ost_cs', 'ost_ss', 'ost_ak', 'ost_uc'] as const
  const ours = kinds.map((kind) => newSecret(kind))

  it.each([...ours, jwt])('hides %s in message, field, list and error', (secret) => {
    const line = logged((log) => {
      log.info(`got ${secret}.`)
      log.info({ note: `<${secret}>`, list: [secret], [secret.slice(0, 9)]: secret }, 'fields')
      log.error({ err: new Error(`bad ${secret}`) }, 'error')
      log.error(new Error(`bare ${secret}`))
    })
    expect(line).not.toContain(secret)
    expect(line).not.toContain(secret.slice(-20))
  })

  it('says which kind of secret it was', () => {
    expect(logged((log) => log.info(newSecret('ost_rt')))).toContain('ost_rt_[redacted]')
  })

  it.each([
    `grant_type=authorization_code&code=${CANARY}&x=1`,
    `client_secret=${CANARY}`,
    `{"password":"${CANARY}"}`,
    `{"pass_code":"${CANARY}"}`,
    `{ 'authenticationCode': '${CANARY}' }`,
    `pass_code=${CANARY}`,
    `{ 'refresh_token': '${CANARY}' }`,
    `Authorization: Basic ${Buffer.from(`app:${CANARY}`).toString('base64')}`,
    `postgres://ostiary:${CANARY}@db.example/ostiary`,
    `redirect to https://app.example/callback?state=1&x=${CANARY}`,
    `redirect to https://app.example/callback#x=${CANARY}`,
    `"/authorize?request=${CANARY}"`,
  ])('hides it in %s', (text) => {
    const line = logged((log) => {
      log.info(text)
      log.info({ text, err: new Error(text) }, 'fields')
    })
    expect(line).not.toContain(CANARY)
    expect(line).not.toContain(Buffer.from(`app:${CANARY}`).toString('base64'))
  })

  it('logs URLs without their query, and leaves the rest of the text alone', () => {
    const line = logged((log) =>
      log.info(
        { url: '/authorize?client_id=a&state=b' },
        'GET https://x.example/a?b=c in 3 ms? Yes = no',
      ),
    )
    expect(JSON.parse(line)).toMatchObject({
      url: '/authorize',
      msg: 'GET https://x.example/a in 3 ms? Yes = no',
    })
  })

  it('takes time in proportion to the text, whatever the text is', () => {
    const hostile = ['/', '?', 'a', 'ost_', '://', 'eyJ.', 'token=', '"'].map((part) =>
      part.repeat(100_000),
    )
    const startedAt = performance.now()
    logged((log) => log.info({ hostile }, 'long'))
    expect(performance.now() - startedAt).toBeLessThan(5_000)
  })
})

describe('the lines themselves', () => {
  it('are one JSON object each, with time and level in words', () => {
    const line = logged((log) => log.warn({ client: 'abc' }, 'hello\nworld'))
    expect(line.match(/\n/g)).toHaveLength(1)
    expect(JSON.parse(line)).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      client: 'abc',
      msg: 'hello\nworld',
    })
  })

  it('are readable in the text format, and as free of secrets', () => {
    const text = logged((log) => {
      log.info({ client: 'abc', note: 'two words', token: CANARY }, 'issued')
      log.error({ err: new Error('broken') }, 'failed')
    }, 'text')
    expect(text).toMatch(/^[\d:.]+ INFO {2}issued client=abc note="two words" token=\[redacted\]\n/)
    expect(text).toMatch(/ERROR failed\n {2}Error: broken\n {4,}at /)
  })

  it('stop below the level', () => {
    expect(logged((log) => log.debug('x'))).toBe('')
  })
})
