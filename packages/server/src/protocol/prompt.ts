// The `prompt` parameter (OIDC Core §3.1.2.1).

import { OAuthError } from './errors.ts'

const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const
export type Prompt = (typeof PROMPTS)[number]
export const PROMPT_VALUES: readonly Prompt[] = PROMPTS

/** @throws OAuthError prompt_malformed */
export function parsePrompt(text: string | undefined): ReadonlySet<Prompt> {
  const prompts = new Set<Prompt>()
  for (const word of text?.split(' ') ?? []) {
    if (word === '') continue
    const prompt = PROMPTS.find((known) => known === word)
    if (prompt === undefined) throw new OAuthError('prompt_malformed')
    prompts.add(prompt)
  }
  if (prompts.has('none') && prompts.size > 1) throw new OAuthError('prompt_malformed')
  return prompts
}
