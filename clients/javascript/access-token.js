/**
 * Who the client is (§8): a bearer token, or what gives one. It is in the query of the WebSocket's request, where a page can
 * put it, and nowhere else: no error or event tells it.
 * @typedef {string | (() => string | Promise<string>)} AccessToken
 */

/**
 * @param {unknown} accessToken
 * @throws {TypeError} if it is none
 */
export function checkAccessToken(accessToken) {
  if (accessToken === undefined || isToken(accessToken) || typeof accessToken === "function") return;
  throw new TypeError("accessToken must be a string that is not empty, or a function");
}

/**
 * The token as it is now.
 * @param {AccessToken} accessToken
 * @returns {Promise<string>} rejected with what the function throws, or with a TypeError if it gives no token
 */
export async function tokenOf(accessToken) {
  const token = typeof accessToken === "function" ? await accessToken() : accessToken;
  if (!isToken(token)) throw new TypeError("accessToken must give a string that is not empty");
  return token;
}

/**
 * What to connect to, with the token as it is now, if there is one.
 * @param {string} url
 * @param {AccessToken | undefined} accessToken
 * @returns {string | Promise<string>} rejected as by {@link tokenOf}
 * @throws {TypeError} if the url is none
 */
export function addressOf(url, accessToken) {
  if (accessToken === undefined) return url;
  const address = new URL(url, globalThis.location?.href);
  return tokenOf(accessToken).then((token) => {
    address.searchParams.set("access_token", token);
    return address.href;
  });
}

/**
 * @param {unknown} value
 * @returns {value is string}
 */
function isToken(value) {
  return typeof value === "string" && value !== "";
}
