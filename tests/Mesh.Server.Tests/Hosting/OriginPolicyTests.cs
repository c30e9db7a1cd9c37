using Microsoft.AspNetCore.Http;

namespace Mesh.Server.Tests.Hosting;

/// <summary>Protocol §2: whose pages may connect.</summary>
public sealed class OriginPolicyTests
{
    [Theory]
    [InlineData("https", "example.com", "https://example.com", true)]
    [InlineData("https", "example.com:443", "https://example.com", true)]
    [InlineData("https", "example.com", "http://example.com", false)] // who is between a visitor and a page without TLS can put anything into it
    [InlineData("https", "example.com:80", "http://example.com", false)]
    [InlineData("http", "example.com", "http://example.com", true)]
    [InlineData("http", "example.com", "https://example.com", true)] // a proxy ends TLS
    [InlineData("http", "[2001:db8::1]:5000", "http://[2001:db8::1]:5000", true)]
    [InlineData("http", "[2001:db8::1]:5000", "http://[2001:db8::2]:5000", false)]
    [InlineData("https", "[2001:db8::1]", "https://[2001:db8::1]", true)]
    [InlineData("http", "example.com", "ws://example.com", false)]
    [InlineData("http", "example.com", "file://example.com", false)]
    public void By_default_those_of_the_server_itself(string scheme, string host, string origin, bool may) =>
        new OriginPolicy([]).Allows(Request(scheme, host, origin)).ShouldBe(may);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_origins_are_none(bool isListed) =>
        new OriginPolicy(isListed ? ["http://example.com"] : []).Allows(Request("http", "example.com", "http://example.com", "http://example.com")).ShouldBeFalse();

    private static HttpRequest Request(string scheme, string host, params string[] origins)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host) = (scheme, new(host));
        request.Headers.Origin = origins;
        return request;
    }
}
