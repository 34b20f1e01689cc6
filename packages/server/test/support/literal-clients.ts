// Clients that npm does not have, by the bytes that they send: their query at the authorization endpoint, their header
// lines and body at the token endpoint, in their own order and with their own escapes. One more client is one more entry.
//
// In capitals between braces stands what differs from run to run: ID, SECRET, REDIRECT (percent-encoded), CODE, REFRESH,
// VERIFIER, CHALLENGE; RAW_BASIC and BASIC are the credentials in Base64, as they are and form-encoded first
// (RFC 6749 §2.3.1); EMPTY_BASIC is the id with no secret behind its colon.

export interface LiteralClient {
  readonly isPublic?: true
  /** Sends no code_challenge unless it is told to, which is the setting that an app with a secret may be excused from. */
  readonly withoutPkce?: true
  readonly redirectUri?: string
  readonly authorize: string
  /** Of both requests to the token endpoint. */
  readonly headers: readonly string[]
  readonly redeem: string
  readonly refresh: string
}

const FORM = 'Content-Type: application/x-www-form-urlencoded'
const JSON_ONLY = 'Accept: application/json'

const PKCE = 'code_challenge={CHALLENGE}&code_challenge_method=S256'

export const LITERAL_CLIENTS = {
  'Spring Security oauth2-client': {
    withoutPkce: true,
    authorize:
      'response_type=code&client_id={ID}&scope=openid%20profile%20contacts:read&state=Ks7PzV0h_-2w%3D&redirect_uri={REDIRECT}&nonce=uJ-3kM9',
    headers: [
      `${JSON_ONLY};charset=UTF-8`,
      `${FORM};charset=UTF-8`,
      'Authorization: Basic {BASIC}',
    ],
    redeem: 'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'Nimbus oauth2-oidc-sdk': {
    authorize: `scope=openid+contacts%3Aread&response_type=code&redirect_uri={REDIRECT}&state=af0ifjsldkj&nonce=n-0S6&${PKCE}&client_id={ID}`,
    headers: [`${FORM}; charset=UTF-8`, 'Authorization: Basic {BASIC}'],
    redeem:
      'grant_type=authorization_code&redirect_uri={REDIRECT}&code={CODE}&code_verifier={VERIFIER}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'Apache HttpClient 4, by hand': {
    withoutPkce: true,
    authorize: 'client_id={ID}&response_type=code&redirect_uri={REDIRECT}',
    headers: [`${FORM}; charset=ISO-8859-1`, 'Authorization: Basic {RAW_BASIC}'],
    redeem: 'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  Authlib: {
    authorize: `response_type=code&client_id={ID}&redirect_uri={REDIRECT}&scope=openid+profile+email+contacts%3Aread&state=Zc8sT1&nonce=hG4&${PKCE}`,
    headers: [JSON_ONLY, `${FORM};charset=UTF-8`, 'Authorization: Basic {RAW_BASIC}'],
    redeem:
      'grant_type=authorization_code&redirect_uri={REDIRECT}&code={CODE}&code_verifier={VERIFIER}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'requests-oauthlib': {
    withoutPkce: true,
    authorize:
      'response_type=code&client_id={ID}&redirect_uri={REDIRECT}&scope=contacts%3Aread&state=wq9V6Q8kLr',
    headers: [
      JSON_ONLY,
      FORM,
      'User-Agent: python-requests/2.32.5',
      'Authorization: Basic {RAW_BASIC}',
    ],
    redeem: 'grant_type=authorization_code&client_id={ID}&code={CODE}&redirect_uri={REDIRECT}',
    refresh:
      'grant_type=refresh_token&client_id={ID}&scope=contacts%3Aread&refresh_token={REFRESH}&allow=true',
  },
  'google-auth-oauthlib': {
    authorize: `response_type=code&client_id={ID}&redirect_uri={REDIRECT}&scope=openid+contacts%3Aread&state=2mC&${PKCE}&access_type=offline&include_granted_scopes=true`,
    headers: [JSON_ONLY, FORM],
    redeem:
      'grant_type=authorization_code&client_id={ID}&client_secret={SECRET}&code={CODE}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}',
    refresh:
      'grant_type=refresh_token&client_id={ID}&client_secret={SECRET}&refresh_token={REFRESH}',
  },
  'mozilla-django-oidc': {
    withoutPkce: true,
    authorize:
      'response_type=code&scope=openid+email&client_id={ID}&redirect_uri={REDIRECT}&state=pJ2&nonce=F8x',
    headers: ['Accept: */*', FORM, 'User-Agent: python-requests/2.32.5'],
    redeem:
      'client_id={ID}&client_secret={SECRET}&grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}',
    refresh:
      'grant_type=refresh_token&client_id={ID}&client_secret={SECRET}&refresh_token={REFRESH}',
  },
  'Go x/oauth2 and go-oidc': {
    authorize: `client_id={ID}&${PKCE}&nonce=q1&redirect_uri={REDIRECT}&response_type=code&scope=openid+profile+contacts%3Aread&state=s1`,
    headers: ['User-Agent: Go-http-client/1.1', FORM, 'Authorization: Basic {BASIC}'],
    redeem:
      'code={CODE}&code_verifier={VERIFIER}&grant_type=authorization_code&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'Go x/oauth2, public, header first': {
    isPublic: true,
    authorize: `client_id={ID}&${PKCE}&redirect_uri={REDIRECT}&response_type=code&scope=contacts%3Aread&state=s1`,
    headers: [FORM, 'Authorization: Basic {EMPTY_BASIC}'],
    redeem:
      'code={CODE}&code_verifier={VERIFIER}&grant_type=authorization_code&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'oauth2-proxy': {
    withoutPkce: true,
    authorize:
      'approval_prompt=force&client_id={ID}&nonce=aX0&redirect_uri={REDIRECT}&response_type=code&scope=openid+email+profile&state=kO7%3A%2Fdashboard',
    headers: ['User-Agent: oauth2-proxy/v7.12.0', FORM],
    redeem:
      'client_id={ID}&client_secret={SECRET}&code={CODE}&grant_type=authorization_code&redirect_uri={REDIRECT}',
    refresh:
      'client_id={ID}&client_secret={SECRET}&grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'Rust oauth2 and openidconnect': {
    authorize: `response_type=code&client_id={ID}&state=xT5&${PKCE}&redirect_uri={REDIRECT}&scope=openid+contacts%3Aread&nonce=r9`,
    headers: [JSON_ONLY, FORM, 'Authorization: Basic {BASIC}'],
    redeem:
      'grant_type=authorization_code&code={CODE}&code_verifier={VERIFIER}&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'Ruby oauth2 and omniauth-oauth2': {
    withoutPkce: true,
    authorize:
      'client_id={ID}&redirect_uri={REDIRECT}&response_type=code&scope=contacts%3Aread&state=9e81c1d4a2f0',
    headers: ['User-Agent: Faraday v1.1.0', 'Accept: */*', FORM],
    redeem:
      'client_id={ID}&client_secret={SECRET}&code={CODE}&grant_type=authorization_code&redirect_uri={REDIRECT}',
    refresh:
      'client_id={ID}&client_secret={SECRET}&grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'league/oauth2-client': {
    withoutPkce: true,
    authorize:
      'state=4c1f7d06&scope=contacts%3Aread&response_type=code&approval_prompt=auto&redirect_uri={REDIRECT}&client_id={ID}',
    headers: [FORM, 'User-Agent: GuzzleHttp/7'],
    redeem:
      'client_id={ID}&client_secret={SECRET}&redirect_uri={REDIRECT}&grant_type=authorization_code&code={CODE}',
    refresh:
      'client_id={ID}&client_secret={SECRET}&redirect_uri={REDIRECT}&grant_type=refresh_token&refresh_token={REFRESH}',
  },
  'jumbojett/OpenID-Connect-PHP': {
    withoutPkce: true,
    authorize:
      'response_type=code&redirect_uri={REDIRECT}&client_id={ID}&nonce=5f2a&state=0b1c&scope=profile+email+openid',
    headers: ['Accept: */*', FORM, 'Authorization: Basic {BASIC}'],
    redeem: 'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}&scope=profile+email+openid',
  },
  'AppAuth for Android and iOS': {
    isPublic: true,
    redirectUri: 'com.example.app:/oauth2redirect',
    authorize: `redirect_uri={REDIRECT}&client_id={ID}&response_type=code&state=Zk3&nonce=Lw8&scope=openid%20profile%20offline_access&${PKCE}`,
    headers: [JSON_ONLY, FORM],
    redeem:
      'code={CODE}&grant_type=authorization_code&redirect_uri={REDIRECT}&code_verifier={VERIFIER}&client_id={ID}',
    refresh: 'refresh_token={REFRESH}&grant_type=refresh_token&client_id={ID}',
  },
  'MSAL.js': {
    isPublic: true,
    authorize: `client_id={ID}&scope=contacts%3Aread%20openid%20profile%20offline_access&redirect_uri={REDIRECT}&client-request-id=0199a5c6-7b1d-7a60-9f0e-2c6b1b2b9a11&response_mode=fragment&client_info=1&nonce=0199a5c6&state=eyJpZCI6IjAxIn0%3D&x-client-SKU=msal.js.browser&x-client-VER=4.26.0&response_type=code&${PKCE}`,
    headers: [`${FORM};charset=utf-8`],
    redeem:
      'client_id={ID}&redirect_uri={REDIRECT}&scope=contacts%3Aread%20openid%20profile%20offline_access&code={CODE}&x-client-SKU=msal.js.browser&x-client-VER=4.26.0&x-ms-lib-capability=retry-after, h429&x-client-current-telemetry=5|865,0,,,|,&x-client-last-telemetry=5|0|||0,0&code_verifier={VERIFIER}&grant_type=authorization_code&client_info=1',
    refresh:
      'client_id={ID}&redirect_uri={REDIRECT}&scope=contacts%3Aread%20openid%20profile%20offline_access&grant_type=refresh_token&client_info=1&x-client-SKU=msal.js.browser&refresh_token={REFRESH}',
  },
  'oidc-agent': {
    isPublic: true,
    redirectUri: 'http://localhost:8080',
    authorize: `response_type=code&client_id={ID}&redirect_uri={REDIRECT}&scope=openid%20offline_access%20contacts%3Aread&access_type=offline&prompt=consent&state=0%3AcGFyYW1z&${PKCE}`,
    headers: [FORM, 'Authorization: Basic {EMPTY_BASIC}'],
    redeem:
      'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}&client_id={ID}&code_verifier={VERIFIER}',
    refresh: 'refresh_token={REFRESH}&grant_type=refresh_token&client_id={ID}',
  },
  mod_auth_openidc: {
    withoutPkce: true,
    authorize:
      'response_type=code&scope=openid%20email&client_id={ID}&state=m0d&redirect_uri={REDIRECT}&nonce=A-1_z',
    headers: ['User-Agent: mod_auth_openidc', FORM, 'Authorization: Basic {BASIC}'],
    redeem: 'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}&scope=openid%20email',
  },
  Postman: {
    withoutPkce: true,
    redirectUri: 'https://oauth.pstmn.io/v1/callback',
    authorize:
      'response_type=code&client_id={ID}&state=&scope=contacts%3Aread&redirect_uri={REDIRECT}',
    headers: [
      FORM,
      'User-Agent: PostmanRuntime/7.49.0',
      'Accept: */*',
      'Authorization: Basic {RAW_BASIC}',
    ],
    redeem: 'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}&client_id={ID}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}&client_id={ID}',
  },
  'curl, by hand': {
    withoutPkce: true,
    authorize: 'response_type=code&client_id={ID}&redirect_uri={REDIRECT}',
    headers: ['User-Agent: curl/8.14.1', 'Accept: */*', FORM, 'Authorization: Basic {RAW_BASIC}'],
    redeem: 'grant_type=authorization_code&code={CODE}&redirect_uri={REDIRECT}',
    refresh: 'grant_type=refresh_token&refresh_token={REFRESH}',
  },
} as const satisfies Readonly<Record<string, LiteralClient>>
