using System.Text.Json;

namespace Mesh.Protocol.Tests.Values;

public class StampTests
{
    private static readonly Gen<Stamp> Stamps = Gen.Select(Gen.Long[0, 3], Gen.Long[0, 12], (epoch, revision) => new Stamp(epoch, revision));

    [Fact]
    public void The_epoch_comes_before_the_revision() => Gen.Select(Stamps, Stamps).Sample((a, b) =>
    {
        var order = (a.Epoch, a.Revision).CompareTo((b.Epoch, b.Revision));
        Math.Sign(a.CompareTo(b)).ShouldBe(Math.Sign(order));
        (a < b).ShouldBe(order < 0);
        (a > b).ShouldBe(order > 0);
        (a <= b).ShouldBe(order <= 0);
        (a >= b).ShouldBe(order >= 0);
        (a == b).ShouldBe(order == 0);
    });

    [Fact]
    public void Revisions_are_ordered_as_numbers() => new Stamp(1, 10).ShouldBeGreaterThan(new Stamp(1, 9));

    [Theory]
    [InlineData("[0,0]")]
    [InlineData("[1,2]")]
    [InlineData("[9007199254740991,9007199254740991]")]
    public void It_is_a_pair_on_the_wire(string json)
    {
        var stamp = JsonSerializer.Deserialize<Stamp>(json);
        JsonSerializer.Serialize(stamp).ShouldBe(json);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("[]")]
    [InlineData("[1]")]
    [InlineData("[1,2,3]")]
    [InlineData("[1,-1]")]
    [InlineData("[1,1.5]")]
    [InlineData("[\"1\",2]")]
    [InlineData("[1,9007199254740992]")]
    [InlineData("[[1],2]")]
    [InlineData("{\"epoch\":1,\"revision\":2}")]
    public void Anything_else_is_none(string json) => Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Stamp>(json));
}
