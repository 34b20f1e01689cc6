import { expect, it } from 'vitest'
import { parsePrompt } from './prompt.ts'

it.each([
  [undefined, []],
  ['', []],
  ['none', ['none']],
  ['none none', ['none']],
  ['login consent', ['login', 'consent']],
  ['consent  select_account login consent', ['consent', 'select_account', 'login']],
])('OIDC Core §3.1.2.1: reads the prompt %j as %j', (text, prompts) => {
  expect([...parsePrompt(text)]).toEqual(prompts)
})

it.each(['none login', 'consent none', 'create', 'Login', 'login,consent', 'login\tconsent', '\0'])(
  'D9, OIDC Core §3.1.2.1: refuses the prompt %j',
  (text) => {
    expect(() => parsePrompt(text)).toThrow('prompt_malformed')
  },
)
