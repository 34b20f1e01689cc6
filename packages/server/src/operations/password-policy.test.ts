import { describe, expect, it } from 'vitest'
import { passwordProblem } from './password-policy.ts'

describe('ASVS 6.2.1: length is what counts', () => {
  it.each(['a1B2c3D4e5F6g7', ' '.repeat(3)])('refuses %j, which is too short', (password) => {
    expect(passwordProblem(password, 'ada')).toMatch(/at least 15 characters/)
  })

  it('counts characters, not bytes or UTF-16 units', () => {
    const keys = '🔑🚪🏠🌊🐚⚓🧭🐳🦀🌙⭐☀🌈🌀🔥'
    expect([...keys]).toHaveLength(15)
    expect(passwordProblem(keys, 'ada')).toBeUndefined()
    expect(passwordProblem(keys.slice(2), 'ada')).toMatch(/too short/)
  })

  it('takes 256 characters and no more', () => {
    const long = 'seven sober seals '.repeat(15).slice(0, 256)
    expect(passwordProblem(long, 'ada')).toBeUndefined()
    expect(passwordProblem(`${long}x`, 'ada')).toMatch(/at most 256/)
  })
})

it.each([
  'seven sober seals',
  'sieben müde Wölfe',
  'nur kleinbuchstaben',
  'パスワードは長いほうが安全です。はい',
])('asks for no kind of character: %s', (password) => {
  expect(passwordProblem(password, 'ada')).toBeUndefined()
})

it.each([
  'passwordpassword',
  'PasswordPassword',
  'password123456789',
  'aaaaaaaaaaaaaaaa',
  'abababababababab',
  'abcdefghijklmnop',
  'ponmlkjihgfedcba',
  '1234567890123456',
  '0987654321098765',
  'qwertyuiopasdfgh',
  'qwertzuiopasdfgh',
  '1qaz2wsx3edc4rfv',
  'correcthorsebatterystaple',
  'ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ',
])('ASVS 6.2.4: refuses %s, which everybody tries', (password) => {
  expect(passwordProblem(password, 'ada')).toMatch(/attacker tries/)
})

it.each(['northwind', 'Northwind', 'northwind@mail.example'])(
  'refuses a password that contains the username %s',
  (username) => {
    expect(passwordProblem('my Northwind account', username)).toMatch(/contains the username/)
  },
)

it('refuses what is not text', () => {
  expect(passwordProblem('seven sober \uD800 seals', 'ada')).toMatch(/not valid text/)
  expect(passwordProblem('seven sober \0 seals', 'ada')).toMatch(/not valid text/)
})
