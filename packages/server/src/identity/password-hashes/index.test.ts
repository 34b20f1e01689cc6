// Known answers of other implementations, for every format, and what is refused of each.

import { describe, expect, it } from 'vitest'
import { passwordHashProblem, readPasswordHash } from './index.ts'

/** Made with passlib, argon2-cffi, bcrypt and Django (Python). */
const SENTENCE = 'Grüße, seven sober seals'

const SALT = 'c29kaXVtIGNobG9yaWRlIQ'

const VECTORS: readonly (readonly [source: string, password: string, hash: string])[] = [
  // bcrypt
  [
    'bcrypt $2a$, Openwall crypt_blowfish',
    'U*U',
    '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
  ],
  [
    'bcrypt $2y$, manual of PHP',
    'rasmuslerdorf',
    '$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq',
  ],
  [
    'bcrypt $2b$, pyca/bcrypt',
    'Kk4DQuMMfZL9o',
    '$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm',
  ],
  [
    'bcrypt $2b$ of UTF-8, pyca/bcrypt',
    SENTENCE,
    '$2b$05$GkZ3ULsiCq6v1KFVQLCHSesD1viwqYs3aAq9vWorqE365I5.4aUiq',
  ],
  // argon2
  [
    'argon2i, README of the reference implementation',
    'password',
    '$argon2i$v=19$m=65536,t=2,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b+dWRWJTmaaJObG',
  ],
  [
    'argon2id, tests of the reference implementation',
    'password',
    '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  ],
  [
    'argon2d, argon2-cffi',
    SENTENCE,
    '$argon2d$v=19$m=1024,t=2,p=2$ErAOOM6sK53Twvi6/BSaKA$u+WOWbpLtDkjWrJ4u6Upii6wP2Uh1ClJs+2r3+g/8I8',
  ],
  [
    'argon2i, argon2-cffi',
    SENTENCE,
    '$argon2i$v=19$m=1024,t=2,p=2$R71nDaLNDuwh0F6HBFj2Mg$YqaJwH84MYdHrsG/H9tT6ixqx2Em8iVa60heWvjUPtY',
  ],
  [
    'argon2id, argon2-cffi',
    SENTENCE,
    '$argon2id$v=19$m=1024,t=2,p=2$GXFI4P515jGIuctmiKZSqA$ITWdAdWueWwVQM0hKPc60ngC1kla+vOYWZO90lkhSW8',
  ],
  // scrypt
  [
    'scrypt, manual of passlib',
    'password',
    '$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E',
  ],
  [
    'scrypt, passlib',
    SENTENCE,
    '$scrypt$ln=10,r=8,p=1$aK3VmtP6HyPkHANgrJVyrg$1okZLo4HRXbbLFNtc/zaPVcmfvm5qtoi9rZ0FVxMPDA',
  ],
  [
    'scrypt in another order and padded, hashlib',
    SENTENCE,
    `$scrypt$ln=10,p=2,r=8$${SALT}==$do3rqYjuRDF+tLpfW8VmtgJxrSetUJ09CVV+sMy+n/I=`,
  ],
  // PBKDF2
  [
    'PBKDF2 SHA-256, manual of passlib',
    'toomanysecrets',
    '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
  ],
  [
    'PBKDF2 SHA-256 as PHC, hashlib',
    SENTENCE,
    `$pbkdf2-sha256$i=1200,l=32$${SALT}$BW/pOyIQ7dWGMt+drA9IwLmcyMe8JcmLUFqrT5Eo2Xw`,
  ],
  [
    'PBKDF2 SHA-512, manual of Authelia',
    'insecure_secret',
    '$pbkdf2-sha512$310000$c8p78n7pUMln0jzvd4aK4Q$JNRBzwAo0ek5qKn50cFzzvE9RXV88h1wJn5KGiHrD0YKtZaR/nCb2CJPOsKaPK0hjf.9yHxzQGZziziccp6Yng',
  ],
  [
    'PBKDF2 SHA-512, passlib',
    SENTENCE,
    '$pbkdf2-sha512$1200$F6J0bi0F4Nz7P0cohbB2zg$LFUx5uoIKFM8rkLeRGDT1rF21NBO8mxhM3E3WGBD.N.rlllbNBNb54kBPDQsxDFbwuiGtAzaujTwVNIDCavuJQ',
  ],
  [
    'PBKDF2 SHA-256, tests of Django',
    'lètmein',
    'pbkdf2_sha256$1000000$seasalt$r1uLUxoxpP2Ued/qxvmje7UH9PUJBkRrvf9gGPL7Cps=',
  ],
]

describe('a password hash that was made elsewhere', () => {
  it.each(VECTORS)('%s: is of its password and of no other', async (_source, password, hash) => {
    expect(passwordHashProblem(hash)).toBeUndefined()
    const { matches } = readPasswordHash(hash)
    expect(await matches(password)).toBe(true)
    for (const other of [`${password} `, `x${password}`, password.slice(0, -1), '']) {
      expect(await matches(other), other).toBe(false)
    }
  })

  it('bcrypt: is of the first 72 bytes, as everywhere', async () => {
    const { matches } = readPasswordHash(
      '$2b$05$Nxhgihore/fm2IXYMIGqH.iBEIQ3mT0ADCY31XUCRbvMIV3qdU52m',
    )
    const long = 'Zoe\u0308 '.repeat(20)
    expect(await matches(long)).toBe(true)
    expect(await matches(long.slice(0, -1))).toBe(true)
    expect(await matches(long.slice(1))).toBe(false)
  })
})

const MORE = 'more than \\d+ would stall the server$'

describe('a password hash that cannot be taken', () => {
  const argon2 = (parameters: string, salt = SALT, hash = SALT) =>
    `$argon2id$v=19$${parameters}$${salt}$${hash}`
  const bcrypt = (cost: string) =>
    `$2b$${cost}$GkZ3ULsiCq6v1KFVQLCHSesD1viwqYs3aAq9vWorqE365I5.4aUiq`
  const short = 'c29tZXNhbHQ'

  it.each([
    [bcrypt('15'), `^has 15 as cost: ${MORE}`],
    [bcrypt('03'), '^has 3 as cost: at least 4 is needed$'],
    [argon2('m=262145,t=1,p=1'), `^has 262145 as m \\(KiB\\): ${MORE}`],
    [argon2('m=262144,t=5,p=1'), `^has 5 as t \\(passes\\): ${MORE}`],
    [argon2('m=65536,t=17,p=1'), `^has 17 as t \\(passes\\): ${MORE}`],
    [argon2('m=65536,t=1,p=17'), `^has 17 as p \\(lanes\\): ${MORE}`],
    [argon2('m=31,t=1,p=4'), '^has 31 as m \\(KiB\\): at least 32 is needed$'],
    [argon2('m=256,t=1,p=1', 'c29tZXNhbA'), '^has 7 as bytes of salt: at least 8 is needed$'],
    [argon2('m=256,t=1,p=1', SALT, short), '^has 8 as bytes of hash: at least 16 is needed$'],
    [
      argon2('m=256,t=1,p=1').replace('v=19', 'v=16'),
      '^is argon2 of version 16: only 19 is known$',
    ],
    [argon2('m=256,t=1,p=1').replace('$v=19', ''), '^is argon2 of version 16: only 19 is known$'],
    [`$scrypt$ln=19,r=8,p=1$${SALT}$${SALT}`, `^has 19 as ln: ${MORE}`],
    [`$scrypt$ln=18,r=9,p=1$${SALT}$${SALT}`, `^has 18 as ln: ${MORE}`],
    [`$scrypt$ln=10,r=33,p=1$${SALT}$${SALT}`, `^has 33 as r: ${MORE}`],
    [`$scrypt$ln=16,r=8,p=5$${SALT}$${SALT}`, `^has 5 as p: ${MORE}`],
    [`$scrypt$ln=10,r=8,p=1$${SALT}$${short}`, '^has 8 as bytes of hash: at least 16 is needed$'],
    [`$pbkdf2-sha256$2000001$${SALT}$${SALT}`, `^has 2000001 as iterations: ${MORE}`],
    [`$pbkdf2-sha512$0$${SALT}$${SALT}`, '^has 0 as iterations: at least 1 is needed$'],
    [`pbkdf2_sha256$1000$salt$${'A'.repeat(88)}`, `^has 66 as bytes of hash: ${MORE}`],
    [`pbkdf2_sha256$1000$${'salt'.repeat(256)}$${SALT}`, '^has more than 1024 characters$'],
  ])('is refused with the reason: %#', (hash, reason) => {
    expect(passwordHashProblem(hash)).toMatch(new RegExp(reason))
  })

  it.each([
    '',
    'seven sober seals',
    '5f4dcc3b5aa765d61d8327deb882cf99',
    '$1$yp9ZrLDq$n9.2xAsiFHVKUqBTQQVM41',
    '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW',
    '$2b$10$abcdefghijklmnopqrstuv',
    ` ${bcrypt('05')}`,
    `${bcrypt('05')}\n`,
    argon2('m=256,t=2'),
    argon2('m=256,t=0,p=1'),
    argon2('m=256,t=2,p=1', SALT, 'A'.repeat(25)),
    argon2('m=256,t=2,p=1', '!'),
    `$scrypt$ln=10,r=8$${SALT}$${SALT}`,
    `$pbkdf2-sha1$1000$${SALT}$${SALT}`,
    'pbkdf2_sha256$1000$salt$',
    'bcrypt_sha256$$2b$12$aaaa',
  ])('%j is of no known format, and is not repeated in the error', (text) => {
    expect(passwordHashProblem(text)).toBe(
      'is of none of the known formats (argon2, bcrypt, scrypt, PBKDF2)',
    )
    expect(() => readPasswordHash(text)).toThrow(
      /^a stored password hash is of none of the known formats \([\w, ]+\)$/,
    )
  })
})
