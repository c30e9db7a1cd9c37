namespace Mesh.Protocol.Tests.Values;

/// <summary>Protocol §14.</summary>
public class CloseCodesTests
{
    [Theory]
    [InlineData(CloseCodes.Normal, true)]
    [InlineData(CloseCodes.GoingAway, true)]
    [InlineData(CloseCodes.Binary, true)]
    [InlineData(1006, true)]
    [InlineData(CloseCodes.NotJson, true)]
    [InlineData(CloseCodes.TooBig, true)]
    [InlineData(CloseCodes.ServerFailed, true)]
    [InlineData(CloseCodes.Silent, true)]
    [InlineData(CloseCodes.SlowReceiver, true)]
    [InlineData(CloseCodes.Resumed, true)]
    [InlineData(4099, true)]
    [InlineData(CloseCodes.Ended, false)]
    [InlineData(4101, false)]
    [InlineData(CloseCodes.LastFinal, false)]
    [InlineData(4200, true)]
    public void Only_an_applications_word_is_final(int code, bool means) => CloseCodes.MeansReconnect(code).ShouldBe(means);
}
